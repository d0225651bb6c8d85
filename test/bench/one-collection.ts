import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from '../../src/log/connection.ts';
import { until } from '../support/until.ts';
import { post } from './post.ts';
import type { BenchWorld, Started } from './world.ts';

/** A message as it was published; the body in base64. */
export interface CapturedMessage {
  subject: string;
  headers: [name: string, value: string][];
  body: string;
}

/** Publish the messages of so many collections, numbered from `first`, so many collections at once. */
export interface PublishOrder {
  first: number;
  count: number;
  inFlight: number;
}

const barePublisher = fileURLToPath(new URL('bare-publisher.ts', import.meta.url));
const stagingRecords = '$O.ALERT_WATCHER_STAGING.M.';

/** Everything that one collection puts on the streams, from its alert to the removal of its staged copy, in order. */
export async function captureOne({ nc }: Connection, url: string, pods: string): Promise<CapturedMessage[]> {
  const captured: CapturedMessage[] = [];
  let isRemoved = false;
  const subscriptions = ['aw.>', '$O.>'].map((subject) =>
    nc.subscribe(subject, {
      callback: (_error, message) => {
        const { headers, data } = message;
        const pairs = [...(headers ?? [])].map(([name, values]): [string, string] => [name, values[0] ?? '']);
        captured.push({ subject: message.subject, headers: pairs, body: Buffer.from(data).toString('base64') }); // prettier-ignore
        isRemoved ||= message.subject.startsWith(stagingRecords) && message.string().includes('"deleted":true'); // prettier-ignore
      },
    }),
  );
  await nc.flush();
  await post({ urls: [url], pods, requests: 1, alertsPerRequest: 1, connections: 1 });
  await until('the staged copy to be removed', () => isRemoved);
  for (const subscription of subscriptions) subscription.unsubscribe();
  return captured;
}

/** Bytes of bodies and headers that are published for one collection. */
export function bytesOf(messages: readonly CapturedMessage[]): number {
  const headerBytes = ({ headers }: CapturedMessage) =>
    headers.reduce((sum, pair) => sum + pair.join(': ').length + 2, 0);
  return messages.reduce((sum, each) => sum + headerBytes(each) + Buffer.byteLength(each.body, 'base64'), 0);
}

/** Starts processes that publish these messages again. */
export async function startPublishers(
  world: BenchWorld,
  messages: readonly CapturedMessage[],
  processes: number,
): Promise<Started[]> {
  const path = join(world.directory, 'messages.json');
  await writeFile(path, JSON.stringify(messages));
  const started: Started[] = [];
  for (let index = 1; index <= processes; index += 1)
    started.push(await world.start(`publisher-${String(index)}`, [barePublisher], { AW_MESSAGES: path }));
  return started;
}

let published = 0;

/** Has the messages of so many collections published, in equal parts, and gives the seconds from first to last. */
export async function publishAll(
  publishers: readonly Started[],
  count: number,
  inFlight: number,
): Promise<number> {
  const part = count / publishers.length;
  const publishing = publishers.map(async ({ url }) => {
    const order: PublishOrder = { first: published, count: part, inFlight };
    published += part;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/publish`, { method: 'POST', headers, body: JSON.stringify(order) });
    const text = await response.text();
    if (!response.ok) throw new Error(`a bare publisher failed: ${text}`);
    return JSON.parse(text) as { startedAt: number; endedAt: number };
  });
  const ended = await Promise.all(publishing);
  const from = Math.min(...ended.map(({ startedAt }) => startedAt));
  return (Math.max(...ended.map(({ endedAt }) => endedAt)) - from) / 1_000;
}
