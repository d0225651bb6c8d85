import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { AckPolicy, nanos } from 'nats';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { encodeEvent } from '../../src/events/envelope.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { alertRef, story } from '../support/events.ts';
import { accountsConf, startWithAccounts } from '../support/nats-accounts.ts';
import { useNats } from '../support/nats.ts';
import { startSubscriber } from '../support/subscriber.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const pod = 'aks1-westeurope-prod/bfed25f8-45e5-420a-aaca-af3b86228910/crate-data-hot-0';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server with the stream on it, and subscribers that share one memory. */
async function world(url = nats.freshUrl(), subscriberUrl = url) {
  const connection = await openConnection(url);
  closers.push(() => connection.close());
  await ensureStreams(connection, readDefinitions(), 1);
  const directory = await newDirectory();
  const start = () => {
    const subscriber = startSubscriber(subscriberUrl, join(directory, 'handled.txt'));
    closers.push(() => subscriber.end('SIGKILL'));
    return subscriber;
  };
  return { connection, start };
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-subscriber-'));
  closers.push(() => rm(directory, { recursive: true }));
  return directory;
}

/** Puts a golden event on the stream. Without Nats-Msg-Id the server takes it every time. */
async function publishGolden({ publisher }: Connection, type: string): Promise<void> {
  const file = new URL(`../fixtures/events/${type}.json`, import.meta.url);
  const golden = JSON.parse(await readFile(file, 'utf8')) as { subject: string; headers: Record<string, string>; body: unknown }; // prettier-ignore
  await publisher.publish({ ...golden, body: JSON.stringify(golden.body) });
}

it('prints a line for each outcome, gets over what is no event, and ends at SIGINT with nothing left over', async () => {
  const { connection, start } = await world();
  for (const type of ['JfrCollected', 'Uploaded', 'CollectionFailed']) await publishGolden(connection, type);
  await connection.js.publish('aw.collection.a.b.c.Uploaded', 'no event');
  const subscriber = start();
  expect(await subscriber.printed(3)).toEqual([
    `ready ${pod} s3://b/k.jfr`,
    `failed ${pod} collector-exited`,
    'skipped message 4: it is no event that is known here',
  ]);
  expect(await subscriber.end('SIGINT')).toBe(0);
  const consumer = await connection.jsm.consumers.info(streamName, 'recordings');
  expect(consumer).toMatchObject({ num_ack_pending: 0, num_pending: 0 });
});

it('killed while it prints and started again, it prints every event, and at most the last one twice', async () => {
  const { connection, start } = await world();
  // As an operator may have made it: here with a short wait until redelivery.
  await connection.jsm.consumers.add(streamName, {
    durable_name: 'recordings',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(1_000),
    filter_subjects: ['aw.collection.*.*.*.Uploaded'],
  });
  const events = Array.from({ length: 2_000 }, (_, index) => {
    const event = story(alertRef(index)).uploaded();
    return { ...event, data: { ...event.data, url: `s3://b/${String(index)}` } };
  });
  await Promise.all(events.map((event) => connection.publisher.publish(encodeEvent(event))));

  const first = start();
  await first.killAtFirstLine();
  const before = new Set(first.lines());
  expect(before.size).toBeLessThan(events.length);
  const second = start();
  const expected = events.map(({ data }) => `ready ${pod} ${data.url}`);
  const after = await until('the rest of the events', () => {
    const printed = new Set(second.lines());
    return expected.every((line) => before.has(line) || printed.has(line)) && printed;
  });
  expect(expected.filter((line) => before.has(line) && after.has(line)).length).toBeLessThanOrEqual(1);
});

it('knows a repeat: the same event published again, and all of them when the consumer was made anew', async () => {
  const { connection, start } = await world();
  const repeat = 'repeat bca0a14bd1e4f0a7b6e16c76fc58b62a/1/1/Uploaded';
  await publishGolden(connection, 'Uploaded');
  await publishGolden(connection, 'Uploaded');
  const first = start();
  expect(await first.printed(2)).toEqual([`ready ${pod} s3://b/k.jfr`, repeat]);
  expect(await first.end('SIGTERM')).toBe(0);
  await connection.jsm.consumers.delete(streamName, 'recordings');
  expect(await start().printed(2)).toEqual([repeat, repeat]);
});

it('needs no more permissions than docs/events.md names, in the account of the edge', async () => {
  const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8');
  const user = /```text\n(\{\n {2}user: recordings\n[^]*?)```/.exec(page)?.[1] ?? '';
  const [core = '', edge = ''] = accountsConf.split('ALERT_WATCHER_EDGE: {');
  const server = await startWithAccounts(`${core}ALERT_WATCHER_EDGE: {${edge.replace('users: [', `users: [\n${user}`)}`); // prettier-ignore
  closers.push(server.stop);
  const asSubscriber = server.urlOf('admin').replace('admin:pw-admin', 'recordings:secret');
  const { connection, start } = await world(server.urlOf('admin'), asSubscriber);
  // The operator's part.
  await connection.jsm.consumers.add(streamName, {
    durable_name: 'recordings',
    ack_policy: AckPolicy.Explicit,
    filter_subjects: ['aw.collection.*.*.*.Uploaded', 'aw.collection.*.*.*.CollectionFailed'],
  });
  await publishGolden(connection, 'Uploaded');
  const subscriber = start();
  expect(await subscriber.printed(1)).toEqual([`ready ${pod} s3://b/k.jfr`]);
  expect(await subscriber.end('SIGINT')).toBe(0);
  const consumer = await connection.jsm.consumers.info(streamName, 'recordings');
  expect(consumer.num_ack_pending).toBe(0);
});
