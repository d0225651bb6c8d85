import { expect, it } from 'vitest';
import { createEvent, type Event } from '../../src/events/envelope.ts';
import { schedule } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { timeOf } from '../../src/events/instant.ts';
import { useNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const timer = 'aw.schedule.source.a';
const fired = 'aw.source.a.SourceSilent';
const silentAt = (at: string): Event =>
  createEvent('SourceSilent', { source: 'a', since: at, silenceSeconds: 1 }, { part: 'ingest', time: at });

async function setTimer(connection: Connection, inMs: number): Promise<string> {
  const at = timeOf(Date.now() + inMs);
  await schedule(connection, { subject: timer, at, event: silentAt(at) });
  return at;
}

async function keepFor({ jsm }: Connection, seconds: number): Promise<void> {
  const { config } = await jsm.streams.info(streamName);
  await jsm.streams.update(streamName, { ...config, max_age: seconds * 1e9, duplicate_window: 1e9 });
}

it('a timer that is due later than the stream keeps messages goes off, and its event is kept as long as others', async () => {
  const connection = await nats.connectWithStreams();
  await keepFor(connection, 2);
  await connection.js.publish('aw.x', '');
  await setTimer(connection, 4_000);
  await until(
    'another message of that age to be gone',
    async () => !(await lastMessage(connection, streamName, 'aw.x')),
  );
  const message = await until('the timer', () => lastMessage(connection, streamName, fired));
  expect(message.header('Nats-TTL')).toBeUndefined();
  expect(await lastMessage(connection, streamName, timer)).toBeUndefined();
  await until('its event to be gone', async () => !(await lastMessage(connection, streamName, fired)));
});

it('a timer that is moved leaves nothing of the one before, and goes off once, at its new time', async () => {
  const connection = await nats.connectWithStreams();
  const { jsm } = connection;
  const first = await setTimer(connection, 60_000);
  await setTimer(connection, 30_000);
  await setTimer(connection, 1_000);
  expect((await jsm.streams.info(streamName)).state.messages).toBe(1);
  const message = await until('the timer', () => lastMessage(connection, streamName, fired));
  expect(Date.parse(message.storedAt)).toBeLessThan(Date.parse(first));
  expect((await jsm.streams.info(streamName)).state.messages).toBe(1);
});
