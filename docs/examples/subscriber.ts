// Prints one line for every recording that is ready and for every one that there will not be. How to run it, and why it is
// written like this: docs/events.md. It needs Node 24 or later and the package `nats`, nothing else.

import { AckPolicy, connect, DeliverPolicy, type JsMsg, nanos, type NatsConnection } from 'nats';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const stream = 'ALERT_WATCHER';
const durable = 'recordings';
const filters = ['aw.collection.*.*.*.Uploaded', 'aw.collection.*.*.*.CollectionFailed'];
const ackWaitMs = 30_000;

/** The fields that this subscriber reads; whatever else an event holds, now or later, is none of its business. */
interface Outcome {
  kubeContext: string;
  namespace: string;
  pod: string;
  /** Of Uploaded. */
  url?: string;
  /** Of CollectionFailed. */
  error?: { code: string; message: string };
}

const url = new URL(process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222');
const handled = openMemory(process.env['HANDLED_FILE'] ?? 'handled-events.txt');
const connection = await connect({
  servers: url.host,
  ...(url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : {}),
  name: durable,
  // Answers come on subjects of this user alone, so that it needs no permission to hear those of others.
  inboxPrefix: `_INBOX_${durable}`,
  maxReconnectAttempts: -1,
});
await ensureConsumer(connection);
const consumer = await connection.jetstream().consumers.get(stream, durable);
const messages = await consumer.consume({ max_messages: 20, abort_on_missing_resource: true });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void messages.close());

// One after the other, and each to its end: a signal stops between two events and never within one.
for await (const message of messages) handle(message);
await connection.drain();

/** The effect first, then its memory, then the acknowledgement: a crash between any two of them loses nothing. */
function handle(message: JsMsg): void {
  const id = message.headers?.get('ce-id') ?? '';
  if (handled.has(id)) {
    print(`repeat ${id}`);
    message.ack();
    return;
  }
  const line = lineOf(message);
  if (id !== '' && line !== undefined) {
    print(line);
    handled.add(id);
  } else {
    // Somebody else's message under aw.>: without an acknowledgement it would come again for ever.
    print(`skipped message ${String(message.seq)}: it is no event that is known here`);
  }
  message.ack();
}

function lineOf(message: JsMsg): string | undefined {
  const type = message.headers?.get('ce-type');
  try {
    const { kubeContext, namespace, pod, url: place, error } = message.json<Outcome>();
    const about = `${kubeContext}/${namespace}/${pod}`;
    if (type === 'Uploaded' && place !== undefined) return `ready ${about} ${place}`;
    if (type === 'CollectionFailed' && error !== undefined) return `failed ${about} ${error.code}`;
  } catch {
    // Not JSON.
  }
  return undefined;
}

/** Makes the durable consumer, unless an operator or an earlier start has made it: then it stays as it is. */
async function ensureConsumer(nc: NatsConnection): Promise<void> {
  const manager = await nc.jetstreamManager({ checkAPI: false });
  const isThere = await manager.consumers.info(stream, durable).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await manager.consumers.add(stream, {
    durable_name: durable,
    filter_subjects: filters,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
  });
}

/**
 * The ids of what was handled, a line each. A service with a database writes the id in the transaction of the effect; then a
 * crash cannot come between the two, and every event has its effect exactly once.
 */
function openMemory(file: string) {
  const ids = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  return {
    has: (id: string) => ids.has(id),
    add: (id: string) => {
      // The line break first: behind a line that a crash has cut, the next one is whole again.
      appendFileSync(file, `\n${id}`);
      ids.add(id);
    },
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
