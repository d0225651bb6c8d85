import type { AddressInfo } from 'node:net';
import type { PodBoard } from './collection/pod/board.ts';
import { type Config, needsReadModel, type Role } from './config/config.ts';
import { answerEdge, storingOfOthers } from './edge.ts';
import { timeOf } from './events/instant.ts';
import type { Feature, Parts } from './feature.ts';
import { createFeatures, durables, timers } from './features.ts';
import { buildGuards } from './guards.ts';
import { noReadModel, startReadModel } from './kernel/fold/read-model.ts';
import { createPlaces } from './kernel/places.ts';
import { createReactorMetrics } from './kernel/react/metrics.ts';
import { stopWorkers } from './kernel/react/workers.ts';
import { startServerClock } from './log/clock.ts';
import { type Connection, watchConnection } from './log/connection.ts';
import type { Worker } from './log/consume/consume.ts';
import { LogUnavailable } from './log/errors.ts';
import { type OpenLog, openLog } from './log/open.ts';
import { readDefinitions, streamName } from './log/streams/definitions.ts';
import { adviceOn, sentence } from './log/streams/differences.ts';
import { applyStreams, ensureStreams } from './log/streams/streams.ts';
import { listen } from './listen.ts';
import { watchStoring } from './storing.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createTracing } from './telemetry/tracing.ts';

/** Reads of the stream at once, for all who ask, so that webhooks are not held up. */
const concurrentReads = 2;

/** The running service. */
export interface App {
  /** `http://host:port` */
  url: string;
  log: OpenLog;
  board: PodBoard;
  /** Resolves, with what was found, if the stream was put back or made again: all that this process knows of it may be wrong. */
  stale: Promise<string>;
  /** Takes no more work, gives what runs its grace, hands the rest back, and closes everything. */
  close: () => Promise<void>;
}

/** Builds the parts for the roles asked for and starts them. Throws ConfigError, LogUnavailable, LogMisconfigured. */
export async function startApp(config: Config, logger: Logger): Promise<App> {
  const closers = new AsyncDisposableStack();
  try {
    const log = await openLog(config);
    closers.defer(log.close);
    const { connection } = log;
    logger.info({ nats: log.how, version: connection.server.version }, 'connected to NATS');
    watchConnection(connection, (isConnected) => {
      if (isConnected) logger.info('NATS is back');
      else logger.error('NATS is gone: webhooks are answered 503, and work waits until it is back');
    });
    const definitions = readDefinitions(config);
    // The embedded server is ours: what a new version needs of it, it is given.
    if (log.how !== 'external') await applyStreams(connection, definitions, config.streamReplicas, log);
    for (const difference of await ensureStreams(connection, definitions, config.streamReplicas, log)) {
      logger.warn(`differs from the files in streams/:${sentence(difference)}${adviceOn(difference)}`);
    }
    const clock = await startServerClock(connection, streamName);
    closers.defer(clock.stop);
    const storing = config.edge ? storingOfOthers(connection) : watchStoring(log, definitions, logger);
    closers.defer(storing.stop);
    const tracing = await createTracing(config.traces, logger);
    closers.defer(tracing.close);
    const handBack = new AbortController();
    let readModel = noReadModel();
    const follower = {
      isCaughtUp: () => readModel.follower.isCaughtUp(),
      lastApplied: () => readModel.follower.lastApplied(),
      lag: () => readModel.follower.lag(),
    };
    const metrics = createMetrics();
    const parts: Parts = {
      ...{ config, connection, definitions, logger, metrics, tracing, follower },
      reactorMetrics: createReactorMetrics(metrics, { durables: Object.keys(durables), timers }),
      reads: readsInTurn(connection),
      handBack: handBack.signal,
      now: () => timeOf(clock.now()),
    };
    const guards = buildGuards(config, logger);
    const features = createFeatures(parts, guards.sources);
    if (needsReadModel(config.roles)) {
      const folds = features.all.flatMap((feature) => feature.folds);
      const { snapshotEveryEvents, edge } = config;
      readModel = await startReadModel({ connection, snapshotEveryEvents, mayWrite: !edge, logger }, folds);
      closers.defer(readModel.stop);
    }
    const { all, board } = features;
    const server = await listen({ parts, lag: follower.lag, features, storing, guard: guards.api });
    closers.defer(async () => server.close());
    // Decisions on half a history would only be refused by the server.
    await readModel.follower.caughtUp;
    const workers = await startWorkers(all, config.roles);
    closers.defer(() =>
      stopWorkers(workers, { graceSeconds: config.shutdownGraceSeconds, handBack, logger }),
    );
    if (config.roles.includes('intake')) closers.defer(answerEdge(connection, storing, all, logger));
    await storing.tried;
    const { address, port, family } = server.server.address() as AddressInfo;
    const url = `${config.rules.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
    logger.info({ url, roles: config.roles }, 'alert-watcher is ready');
    return { url, log, board, stale: readModel.stale, close: () => closers.disposeAsync() };
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

/** Starts the reactors of the roles asked for. The boards must be caught up. */
async function startWorkers(features: readonly Feature[], roles: readonly Role[]): Promise<Worker[]> {
  for (const { prepare } of features) await prepare?.();
  const rows = features.flatMap(({ reactors }) => reactors);
  return rows.filter(({ role }) => roles.includes(role)).map(({ start }) => start());
}

/** A few reads of the stream at once, for all who ask. */
function readsInTurn(connection: Connection): Parts['reads'] {
  const places = createPlaces(concurrentReads);
  return (read) =>
    places.take(() => {
      // At once, and not after a time-out for each of those who wait.
      if (!connection.isConnected()) throw new LogUnavailable('NATS is not connected');
      return read();
    });
}
