import type { StoredMessage } from '../../../src/events/envelope.ts';
import { encodeEvent } from '../../../src/events/envelope.ts';
import { timeOf } from '../../../src/events/instant.ts';
import { podAggregate } from '../../../src/collection/pod/aggregate.ts';
import { createPodBoard } from '../../../src/collection/pod/board.ts';
import { createDriver } from '../../../src/kernel/audit/driver.ts';
import { createDecider } from '../../../src/kernel/decide/decider.ts';
import { createBoard } from '../../../src/kernel/fold/board.ts';
import { startReadModel } from '../../../src/kernel/fold/read-model.ts';
import { createAttempts } from '../../../src/kernel/react/attempts.ts';
import { createReactorMetrics } from '../../../src/kernel/react/metrics.ts';
import { startReactor } from '../../../src/kernel/react/reactor.ts';
import type { Connection } from '../../../src/log/connection.ts';
import { readRange } from '../../../src/log/read.ts';
import { readDefinitions, streamName } from '../../../src/log/streams/definitions.ts';
import { ensureConsumer } from '../../../src/log/streams/streams.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { noTracing } from '../../../src/telemetry/tracing.ts';
import { afterEach } from 'vitest';
import type { TestNats } from '../../support/nats.ts';
import { lampAggregate, lampAudit, lightEffort } from './lamp.ts';
import type { LampEvent } from './rows.ts';

export const logger = createLogger('silent');
export const key = { house: 'no. 7', lamp: 'hall' };
export const subject = lampAggregate.subject(key);
export const now = () => timeOf(Date.now());
/** Called after each test, the last first. */
export const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An event as it may lie on the stream. */
export function stored(event: LampEvent, sequence: number): StoredMessage {
  const { subject, headers, body } = encodeEvent(event);
  const storedAt = event.time;
  return { subject, sequence, storedAt, header: (name) => headers[name], body: Buffer.from(body) };
}

const consumer = {
  ...readDefinitions().consumers[0],
  durable_name: 'lamp',
  ack_wait: 1_500_000_000,
  filter_subjects: ['aw.lamp.*.*.LampOrdered'],
};
const definitions = { ...readDefinitions(), consumers: [...readDefinitions().consumers, consumer] };

/** The feature on a stream: its board beside that of pods, both by one follower. */
export async function begin(connection: Connection, snapshotEveryEvents = 0) {
  const board = createBoard(lampAggregate);
  const folds = [
    { aggregate: podAggregate, board: createPodBoard() },
    { aggregate: lampAggregate, board },
  ];
  const readModel = await startReadModel({ connection, snapshotEveryEvents, mayWrite: true, logger }, folds);
  closers.push(readModel.stop);
  await readModel.follower.caughtUp;
  const decider = createDecider({ connection, stream: streamName, board }, lampAggregate);
  return { connection, board, decider, follower: readModel.follower, stop: readModel.stop };
}

export type Running = Awaited<ReturnType<typeof begin>>;

/** Its reactor, with a port that fails so many times. */
export function react({ connection, board, decider }: Running, fails: number, waits = false) {
  const lights: number[] = [];
  const light = (_: unknown, attempt: number) => {
    lights.push(attempt);
    return attempt <= fails ? Promise.reject(new Error('the fuse is blown')) : Promise.resolve();
  };
  const deps = {
    aggregate: lampAggregate,
    board,
    decider,
    handBack: new AbortController().signal,
    now,
    tracing: noTracing,
  };
  const metrics = createReactorMetrics(createMetrics(), { durables: ['lamp'], timers: [] });
  const handle = createAttempts(deps, lightEffort(light, { now, logger, waits }));
  const worker = startReactor({ connection, definitions, logger, metrics, tracing: noTracing }, { durable: 'lamp', types: ['LampOrdered'], places: 4, handle }); // prettier-ignore
  closers.push(worker.stop);
  return { worker, lights };
}

export async function connectWithLamps(nats: TestNats): Promise<Connection> {
  const connection = await nats.connectWithStreams();
  await ensureConsumer(connection, definitions, consumer);
  return connection;
}

export async function read(connection: Connection): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) messages.push(message);
  return messages;
}

const typesIn = (messages: readonly StoredMessage[]) =>
  messages.flatMap(({ subject, header }) => (subject.startsWith('aw.schedule.') ? [] : [header('ce-type')]));

/** Both by the stream: what every replay of it comes to, and whether it breaks the promise. */
export async function verdictOn(connection: Connection) {
  const messages = await read(connection);
  const { auditor, violations } = lampAudit();
  const driver = createDriver([auditor]);
  const replayed = createBoard(lampAggregate);
  for (const message of messages) {
    driver.apply(message);
    replayed.apply(message);
  }
  return { violations, state: replayed.entry(subject).state, types: typesIn(messages) };
}
