import { type Board, createBoard } from './board.ts';
import { createSnapshots, type Snapshots } from './snapshots.ts';
import type { Config, Role } from '../../config/config.ts';
import { beginningOf } from '../../log/streams/beginning.ts';
import type { Connection } from '../../log/connection.ts';
import { snapshotsBucket, streamName } from '../../log/streams/definitions.ts';
import { type Follower, follow } from '../../log/consume/follow.ts';
import { watchIdentity } from '../../log/streams/identity.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** The board, and what keeps it with the log. */
export interface ReadModel {
  board: Board;
  follower: Follower;
  /** Resolves, with what was found, if the stream is no longer the one that the board was read from. */
  stale: Promise<string>;
  stop: () => Promise<void>;
}

interface Deps {
  config: Pick<Config, 'snapshotEveryEvents' | 'edge'>;
  connection: Connection;
  logger: Logger;
}

const tidyEveryMs = 10_000;

/** Begins to read the log into a board, from a snapshot where there is one. It is caught up when the follower says so. */
export async function startReadModel(deps: Deps): Promise<ReadModel> {
  const { config, connection, logger } = deps;
  const board = createBoard({
    onUnreadable: ({ subject, sequence }, reason) =>
      logger.warn({ subject, sequence }, `not folded: ${reason}`),
  });
  const everyEvents = config.snapshotEveryEvents;
  const snapshots = createSnapshots({ connection, bucket: snapshotsBucket, stream: streamName, everyEvents, logger }); // prettier-ignore
  const follower = await follow(connection, streamName, {
    filter: 'aw.collection.>',
    // Not awaited: webhooks are taken meanwhile.
    after: everyEvents > 0 ? snapshots.restore(board) : 0,
    apply: board.apply,
    onInterrupted: (err) =>
      logger.warn({ err }, 'reading the log was interrupted; it goes on where it stopped'),
  });
  const stopTidying = tidyRegularly(deps, snapshots, board, follower);
  const stale = Promise.withResolvers<string>();
  const { lastApplied } = follower;
  const stopWatching = watchIdentity(connection, streamName, { lastApplied, onOther: stale.resolve });
  const stop = async () => {
    stopWatching();
    stopTidying();
    await follower.stop();
  };
  return { board, follower, stale: stale.promise, stop };
}

/** Intake of alerts alone asks the board nothing: such a process reads no log, and needs no permission to. */
export function needsReadModel(roles: readonly Role[]): boolean {
  return roles.some((role) => role !== 'ingest');
}

/** A board that stays empty. */
export function noReadModel(): ReadModel {
  const stop = () => Promise.resolve();
  const follower = { caughtUp: stop(), isCaughtUp: () => true, lastApplied: () => 0, lag: () => 0, stop };
  return { board: createBoard(), follower, stale: Promise.withResolvers<string>().promise, stop };
}

/** Lets go of what the stream has let go of, and keeps a snapshot where one is due. */
function tidyRegularly(
  { config, connection, logger }: Deps,
  snapshots: Snapshots,
  board: Board,
  follower: Follower,
): () => void {
  const tidy = async () => {
    if (!follower.isCaughtUp()) return;
    const { state } = await connection.jsm.streams.info(streamName);
    board.forgetBefore(await beginningOf(connection, streamName, state));
    if (config.snapshotEveryEvents > 0 && !config.edge) await snapshots.save(board, follower.lastApplied());
  };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= tidy()
      .catch((err: unknown) => logger.warn({ err }, 'the board could not be kept; it is tried again'))
      .finally(() => (running = undefined));
  }, tidyEveryMs);
  return () => clearInterval(timer);
}
