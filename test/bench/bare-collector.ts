// The ceiling of the latency: a bare route publishes one message, a bare consumer receives it and spawns the program.
import { fastify } from 'fastify';
import { AckPolicy, connect, type JsMsg } from 'nats';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Body {
  alerts: { labels: { pod: string } }[];
}

const marks = process.env['AW_MARKS'] ?? '';
const name = 'BARE_ALERTS';
const subject = 'bare.alert';
const nc = await connect({ servers: process.env['NATS_URL'] ?? '' });
const js = nc.jetstream();
const jsm = await nc.jetstreamManager();
await jsm.streams.add({ name, subjects: [subject] });
await jsm.consumers.add(name, { durable_name: name, ack_policy: AckPolicy.Explicit });
const consumer = await js.consumers.get(name, name);
const messages = await consumer.consume();

const collect = async (message: JsMsg) => {
  const { alerts } = message.json<Body>();
  const argv = ['-d', '1 second', join(marks, alerts[0]?.labels.pod ?? '')];
  const program = spawn('touch', argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  program.stdout.resume();
  program.stderr.resume();
  await once(program, 'close');
  message.ack();
};
const consuming = (async () => {
  for await (const message of messages) void collect(message);
})();

const app = fastify();
app.get('/ready', () => ({}));
app.post('/webhook/alertmanager', async ({ body }) => {
  await js.publish(subject, JSON.stringify(body));
  return {};
});

process.once('SIGTERM', () => {
  void messages.close().then(() => consuming).then(() => app.close()).then(() => nc.close()); // prettier-ignore
});
await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
