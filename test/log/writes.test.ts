import { DiscardPolicy } from 'nats';
import { afterEach, expect, it } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { probesOf, streamProbe } from '../../src/log/write/probe.ts';
import { type Writes, watchWrites, type WritesOptions } from '../../src/log/write/writes.ts';
import { useNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const watching: Writes[] = [];
afterEach(() => {
  for (const writes of watching.splice(0)) writes.stop();
});
function watch(connection: Connection, options: Partial<WritesOptions> = {}): Writes {
  const writes = watchWrites(connection, { probes: [streamProbe], lookEveryMs: 20, ...options });
  watching.push(writes);
  return writes;
}
const stateOf = async ({ jsm }: Connection, stream = streamName) =>
  (await jsm.streams.info(stream, { subjects_filter: '>' })).state;
const message = (id: string) => ({ subject: 'aw.x', headers: { 'Nats-Msg-Id': id }, body: '' });

it('a process that has just started has written once before it says that all is well', async () => {
  const connection = await nats.connectWithStreams();
  const writes = watch(connection);
  expect(writes.problem()).toBe(`no write to ${streamName} has been acknowledged yet`);
  expect(writes.storedAtMs(streamName)).toBeUndefined();
  await writes.tried;
  expect(writes.problem()).toBeUndefined();
  expect(Math.abs(Date.now() - (writes.storedAtMs(streamName) ?? 0))).toBeLessThan(5_000);
});

it('however often processes look, one message of theirs is there besides the first, with which the stream begins', async () => {
  const connection = await nats.connectWithStreams();
  const all = [watch(connection), watch(connection)];
  await Promise.all(all.map(({ tried }) => tried));
  for (const before of [10, 20, 30]) {
    for (const writes of all) writes.startOver();
    await until('more probes', async () => {
      for (const writes of all) writes.startOver();
      return (await stateOf(connection)).last_seq > before;
    });
  }
  const { messages, first_seq, subjects } = await stateOf(connection);
  expect({ messages, first_seq, subjects }).toEqual({
    ...{ messages: 2, first_seq: 1 },
    subjects: { 'aw.schedule.probe.first': 1, 'aw.schedule.probe.last': 1 },
  });
});

it('while others write nothing is written to see whether it is stored', async () => {
  const connection = await nats.connectWithStreams();
  await connection.publisher.publish(message('1'));
  const looked: number[] = [];
  const { publisher } = connection;
  const storedAt = (stream: string) => {
    looked.push(0);
    return publisher.storedAt(stream);
  };
  watch({ ...connection, publisher: { ...publisher, storedAt } });
  await until('a few looks', () => looked.length > 20);
  expect((await stateOf(connection)).subjects).toEqual({ 'aw.x': 1 });
});

it('a duplicate is acknowledged and is no write: a server that stores nothing any more says the same', async () => {
  const { publisher } = await nats.connectWithStreams();
  await publisher.publish(message('1'));
  const at = publisher.storedAt(streamName);
  expect(at).toBeGreaterThan(0);
  expect(await publisher.publish(message('1'))).toMatchObject({ duplicate: true });
  expect(publisher.storedAt(streamName)).toBe(at);
  await publisher.publishTogether([message('2')]);
  expect(publisher.storedAt(streamName)).toBeGreaterThan(at ?? 0);
});

/** The same connection, and how often a probe has been refused. */
function counted(connection: Connection): { connection: Connection; refusals: () => number } {
  const { publisher } = connection;
  let refusals = 0;
  const publish: typeof publisher.publish = (outgoing) =>
    publisher.publish(outgoing).finally(() => (refusals += 1));
  return { connection: { ...connection, publisher: { ...publisher, publish } }, refusals: () => refusals };
}

it('a full stream is told in the words of the server, which works, and is well again when its limit is raised', async () => {
  const { connection, refusals } = counted(await nats.connect());
  const { jsm } = connection;
  const full = { name: 'FULL', subjects: ['full.>'], max_msgs: 1, allow_rollup_hdrs: true };
  const { config } = await jsm.streams.add({ ...full, discard: DiscardPolicy.New });
  await connection.publisher.publish({ ...message('1'), subject: 'full.1' });
  const told: (string | undefined)[] = [];
  const probes = [{ stream: 'FULL', subject: 'full.probe' }];
  const writes = watch(connection, { probes, onChange: (problem) => told.push(problem) });
  writes.startOver();
  await until('two refusals', () => refusals() > 2);
  expect(writes.problem()).toBe('a write to FULL: maximum messages exceeded');
  expect(writes.unanswered()).toBeUndefined();
  await jsm.streams.update('FULL', { ...config, max_msgs: -1 });
  await until('the end of the problem', () => told.length > 1);
  expect(told).toEqual(['a write to FULL: maximum messages exceeded', undefined]);
  expect(writes.problem()).toBeUndefined();
});

it('a stream that is gone is no fault of the server', async () => {
  const { connection, refusals } = counted(await nats.connectWithStreams());
  await connection.jsm.streams.delete(streamName);
  const writes = watch(connection);
  await until('two refusals', () => refusals() > 1);
  expect(writes.problem()).toBe(`a write to ${streamName}: stream not found`);
  expect(writes.unanswered()).toBeUndefined();
});

it('each bucket is tried by itself, where its objects and their names are not', async () => {
  const connection = await nats.connectWithStreams();
  const probes = probesOf(readDefinitions());
  const writes = watch(connection, { probes });
  await writes.tried;
  expect(writes.problem()).toBeUndefined();
  const buckets = probes.slice(1);
  expect(buckets.map(({ stream }) => stream).sort()).toEqual([
    ...['OBJ_ALERT_WATCHER_RECORDINGS', 'OBJ_ALERT_WATCHER_SNAPSHOTS', 'OBJ_ALERT_WATCHER_STAGING'],
  ]);
  for (const { stream } of buckets) {
    const bucket = stream.replace('OBJ_', '');
    expect((await stateOf(connection, stream)).subjects).toEqual({ [`$O.${bucket}.C.probe`]: 1 });
  }
  await connection.jsm.streams.delete('OBJ_ALERT_WATCHER_STAGING');
  writes.startOver();
  await until('the problem', () => writes.problem()?.includes('OBJ_ALERT_WATCHER_STAGING'));
});
