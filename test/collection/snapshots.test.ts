import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPodBoard, type PodBoard } from '../../src/collection/pod/board.ts';
import { podAggregate } from '../../src/collection/pod/aggregate.ts';
import { createSnapshots } from '../../src/kernel/fold/snapshots.ts';
import type { StoredMessage } from '../../src/events/envelope.ts';
import { append } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { snapshotsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { deleteObject, listObjects } from '../../src/log/objects/store.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { alertRef, stored, story } from '../support/events.ts';
import { anyEvent, validHistory } from '../support/histories.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const contentOf = (board: PodBoard) => [...board.lines()].sort();
const deleteAll = async (connection: Connection) => {
  for (const { name } of await listObjects(connection, snapshotsBucket))
    await deleteObject(connection, snapshotsBucket, name);
};
const boardOf = (messages: readonly StoredMessage[], board = createPodBoard()) => {
  for (const message of messages) board.apply(message);
  return board;
};

it('a snapshot at any point and the events behind it are the same as a full replay', () => {
  const anyHistory = fc.oneof(validHistory, fc.array(anyEvent, { maxLength: 60 }));
  fc.assert(
    fc.property(anyHistory, fc.nat(), fc.nat(20), (events, point, overlap) => {
      const messages = events.map((event, index) => stored(event, index + 1));
      const at = point % (messages.length + 1);
      const restored = createPodBoard();
      for (const line of boardOf(messages.slice(0, at)).lines()) restored.load(line);
      // What it has already may come again.
      boardOf(messages.slice(Math.max(at - overlap, 0)), restored);
      expect(contentOf(restored)).toEqual(contentOf(boardOf(messages)));
    }),
  );
});

it('what comes while a snapshot is read is not in it', () => {
  const { requested, started } = story();
  const board = boardOf([stored(requested(), 1)]);
  const before = contentOf(board);
  const lines = board.lines();
  board.apply(stored(started(), 2));
  expect([...lines].sort()).toEqual(before);
  expect(contentOf(board)).not.toEqual(before);
});

it('what has ended is forgotten with its last event, and what is under way stays', () => {
  const { requested, started, collected, uploaded } = story();
  const events = [requested(), started(), collected(), uploaded()].map((event, index) =>
    stored(event, index + 1),
  );
  const ended = boardOf(events);
  ended.forgetBefore(4);
  expect(ended.size()).toBe(1);
  ended.forgetBefore(5);
  expect(contentOf(ended)).toEqual([]);
  const underWay = boardOf(events.slice(0, 3));
  underWay.forgetBefore(9);
  expect(contentOf(underWay)).toHaveLength(2);
});

describe('snapshots in JetStream', () => {
  const snapshotsOf = (connection: Connection, everyEvents = 1) =>
    createSnapshots({
      aggregate: podAggregate,
      connection,
      bucket: snapshotsBucket,
      stream: streamName,
      everyEvents,
      logger: createLogger('silent'),
    });
  const restored = async (connection: Connection) => {
    const board = createPodBoard();
    return { sequence: await snapshotsOf(connection).restore(board), board };
  };

  /** A log of one collection, folded, and kept at its end. */
  async function kept() {
    const connection = await nats.connectWithStreams();
    const { requested, started, collected } = story();
    const board = createPodBoard();
    for (const event of [requested(), started(), collected()]) {
      board.applyOwn(event, (await append(connection, event)).sequence);
    }
    await snapshotsOf(connection).save(board, 3);
    return { connection, board };
  }

  it('are read back as they were', async () => {
    const { connection, board } = await kept();
    const { sequence, board: again } = await restored(connection);
    expect(sequence).toBe(3);
    expect(contentOf(again)).toEqual(contentOf(board));
  });

  it('are read back without what the stream has let go of, also behind a policy that stays', async () => {
    const connection = await nats.connectWithStreams();
    const { js, jsm } = connection;
    await js.publish('aw.policy.PolicyConfigured', '{}');
    const board = createPodBoard();
    const { requested, started, collected, uploaded } = story();
    const later = story(alertRef(2), 60).requested();
    Object.assign(later.data, { pod: 'another' });
    for (const event of [requested(), started(), collected(), uploaded(), later])
      board.applyOwn(event, (await append(connection, event)).sequence);
    await snapshotsOf(connection).save(board, 6);
    for (const sequence of [2, 3, 4, 5]) await jsm.streams.deleteMessage(streamName, sequence);
    const { board: again } = await restored(connection);
    expect(board.size()).toBe(2);
    expect(again.size()).toBe(1);
  });

  it('are read back as they were where they are megabytes', async () => {
    const { connection, board } = await kept();
    for (let pod = 2; pod < 3_000; pod += 1) {
      const { requested, started } = story(alertRef(pod));
      for (const event of [requested(), started()]) {
        Object.assign(event.data, { pod: `pod-${String(pod)}` });
        board.applyOwn(event, 10 * pod);
      }
    }
    const { sequence } = await append(connection, story().uploaded());
    await snapshotsOf(connection).save(board, sequence);
    const lines = contentOf(board);
    expect(lines.join('\n').length).toBeGreaterThan(2 ** 21);
    const again = await restored(connection);
    expect(again.sequence).toBe(sequence);
    expect(contentOf(again.board)).toEqual(lines);
  });

  it('are kept when they are due, and two of them', async () => {
    const { connection, board } = await kept();
    await snapshotsOf(connection, 10).save(board, 3);
    const { uploaded, redriven } = story();
    for (const event of [uploaded(), redriven(), uploaded(2), uploaded(3)]) {
      const { sequence } = await append(connection, event);
      await snapshotsOf(connection).save(board, sequence);
    }
    const names = (await listObjects(connection, snapshotsBucket)).map(({ name }) => name.split('/').at(-1));
    expect(names.sort()).toEqual(['6', '7']);
  });

  it('are of no use for another stream of the same name, nor where their last message is gone, and none is needed', async () => {
    const { connection } = await kept();
    await connection.jsm.streams.purge(streamName, { keep: 0 });
    expect((await restored(connection)).sequence).toBe(0);
    await deleteAll(connection);
    expect((await restored(connection)).sequence).toBe(0);
  });

  it('that are damaged are left alone, and the board is empty', async () => {
    const { connection } = await kept();
    const bucket = `OBJ_${snapshotsBucket}`;
    const { state } = await connection.jsm.streams.info(bucket, { subjects_filter: '$O.*.C.>' });
    const [subject = ''] = Object.keys(state.subjects ?? {});
    await connection.jsm.streams.purge(bucket, { filter: subject });
    await connection.js.publish(subject, new Uint8Array(500));
    const { sequence, board } = await restored(connection);
    expect(sequence).toBe(0);
    expect(board.size()).toBe(0);
  });

  it('leave out what the stream no longer holds', async () => {
    const { connection, board } = await kept();
    const { uploaded } = story();
    board.applyOwn(uploaded(), (await append(connection, uploaded())).sequence);
    await append(connection, story(alertRef(2)).requested());
    await snapshotsOf(connection).save(board, 5);
    await connection.jsm.streams.purge(streamName, { seq: 5 });
    expect((await restored(connection)).sequence).toBe(5);
    expect((await restored(connection)).board.size()).toBe(0);
  });
});
