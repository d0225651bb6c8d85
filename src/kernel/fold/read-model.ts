import { beginningOf } from '../../log/streams/beginning.ts';
import type { Connection } from '../../log/connection.ts';
import { snapshotsBucket, streamName } from '../../log/streams/definitions.ts';
import { type Follower, follow } from '../../log/consume/follow.ts';
import type { StoredMessage } from '../../events/envelope.ts';
import { watchIdentity } from '../../log/streams/identity.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AnyAggregate } from './aggregate.ts';
import { createSnapshots, type Lines } from './snapshots.ts';

/** An aggregate, and the board that it is folded into. */
export interface Fold {
  aggregate: AnyAggregate;
  board: Lines & { apply: (message: StoredMessage) => void };
}

/** What keeps boards with the log. */
export interface ReadModel {
  follower: Follower;
  /** Resolves, with what was found, if the stream is no longer the one that the boards were read from. */
  stale: Promise<string>;
  stop: () => Promise<void>;
}

interface Deps {
  connection: Connection;
  /** Snapshots are kept after so many events; 0: none are kept or read. */
  snapshotEveryEvents: number;
  /** False: they are read only. */
  mayWrite: boolean;
  logger: Logger;
}

const tidyEveryMs = 10_000;

/**
 * Begins to read the log into boards, each from a snapshot where there is one: one follower for all of them, so that they show
 * the same prefix of the stream. They are caught up when the follower says so.
 */
export async function startReadModel(deps: Deps, folds: readonly Fold[]): Promise<ReadModel> {
  const { connection, snapshotEveryEvents: everyEvents, logger } = deps;
  const kept = folds.map(({ aggregate, board }) => ({
    board,
    snapshots: createSnapshots({ aggregate, connection, bucket: snapshotsBucket, stream: streamName, everyEvents, logger }), // prettier-ignore
  }));
  // What one board has already, it passes over.
  const restore = async () => Math.min(...(await Promise.all(kept.map(({ board, snapshots }) => snapshots.restore(board))))); // prettier-ignore
  const follower = await follow(connection, streamName, {
    filter: [...new Set(folds.map(({ aggregate }) => `${aggregate.family}.>`))],
    // Not awaited: webhooks are taken meanwhile.
    after: everyEvents > 0 ? restore() : 0,
    apply: (message) => {
      for (const { board } of folds) board.apply(message);
    },
    onInterrupted: (err) =>
      logger.warn({ err }, 'reading the log was interrupted; resuming where it stopped'),
  });
  const tidy = async () => {
    if (!follower.isCaughtUp()) return;
    const { state } = await connection.jsm.streams.info(streamName);
    const firstSequence = await beginningOf(connection, streamName, state);
    for (const { board, snapshots } of kept) {
      board.forgetBefore(firstSequence);
      if (everyEvents > 0 && deps.mayWrite) await snapshots.save(board, follower.lastApplied());
    }
  };
  const stopTidying = repeat(tidy, (err) => logger.warn({ err }, 'could not tidy the board or save its snapshot; retrying')); // prettier-ignore
  const stale = Promise.withResolvers<string>();
  const { lastApplied } = follower;
  const stopWatching = watchIdentity(connection, streamName, { lastApplied, onOther: stale.resolve });
  const stop = async () => {
    stopWatching();
    stopTidying();
    await follower.stop();
  };
  return { follower, stale: stale.promise, stop };
}

/** The read model of a process that reads no log. */
export function noReadModel(): ReadModel {
  const stop = () => Promise.resolve();
  const follower = { caughtUp: stop(), isCaughtUp: () => true, lastApplied: () => 0, lag: () => 0, stop };
  return { follower, stale: Promise.withResolvers<string>().promise, stop };
}

function repeat(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch(onError)
      .finally(() => (running = undefined));
  }, tidyEveryMs);
  return () => clearInterval(timer);
}
