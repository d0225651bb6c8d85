// The ceiling of the collections: publishes what a collection puts on the streams (AW_MESSAGES, written by one-collection.ts)
// again and again under other names, one after the other within a collection, so many collections at once.
import { fastify } from 'fastify';
import { connect, headers as natsHeaders } from 'nats';
import { readFileSync } from 'node:fs';
import type { CapturedMessage, PublishOrder } from './one-collection.ts';

const captured = JSON.parse(readFileSync(process.env['AW_MESSAGES'] ?? '', 'utf8')) as CapturedMessage[];
const messages = captured.map((message) => ({ ...message, body: Buffer.from(message.body, 'base64') }));
const expected = 'Nats-Expected-Last-Subject-Sequence';
const nc = await connect({ servers: process.env['NATS_URL'] ?? '' });
const js = nc.jetstream();

/** Another name of the same length for each number. */
const renamed = (name: string, number: number) => String(number).padStart(8, '0') + name.slice(8);

/** What tells one collection from another stands at the same place of all subjects of a kind. */
function subjectOf(subject: string, number: number): string {
  const tokens = subject.split('.');
  const at = subject.startsWith('aw.collection.') ? 4 : 3;
  return tokens.map((token, index) => (index === at ? renamed(token, number) : token)).join('.');
}

function headerOf(name: string, value: string, number: number, lastSequence: number): string {
  if (name === 'Nats-Msg-Id') return renamed(value, number);
  if (name === `${expected}-Subject`) return subjectOf(value, number);
  return name === expected && value !== '0' ? String(lastSequence) : value;
}

async function publishCollection(number: number): Promise<void> {
  let lastSequence = 0;
  for (const { subject, headers, body } of messages) {
    const header = natsHeaders();
    for (const [name, value] of headers) header.set(name, headerOf(name, value, number, lastSequence));
    const options = headers.length > 0 ? { headers: header } : {};
    const { seq } = await js.publish(subjectOf(subject, number), body, options);
    if (subject.startsWith('aw.collection.')) lastSequence = seq;
  }
}

const app = fastify();
app.get('/ready', () => ({}));
app.post<{ Body: PublishOrder }>('/publish', async ({ body: { first, count, inFlight } }) => {
  const startedAt = performance.timeOrigin + performance.now();
  const next = Array.from({ length: count }, (_, index) => first + index).values();
  const takeTurns = async () => {
    for (const number of next) await publishCollection(number);
  };
  await Promise.all(Array.from({ length: inFlight }, takeTurns));
  return { startedAt, endedAt: performance.timeOrigin + performance.now() };
});

process.once('SIGTERM', () => void app.close().then(() => nc.close()));
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
