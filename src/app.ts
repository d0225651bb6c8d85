import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import manifest from '../package.json' with { type: 'json' };
import { actionsOf, registerApi } from './api.ts';
import { createPodBoard, type PodBoard } from './collection/pod/board.ts';
import { isPassing } from './kernel/react/failures.ts';
import { createPods } from './collection/pods.ts';
import { hasEnded } from './collection/pod/summaries.ts';
import type { Config, Role } from './config/config.ts';
import { ConfigError } from './config/schema.ts';
import { answerEdge, storingOfOthers } from './edge.ts';
import { buildGuards, readingFiles } from './guards.ts';
import { timeOf } from './events/instant.ts';
import { healthRoutes } from './http/health.ts';
import { registerOpenapi } from './http/openapi.ts';
import { createServer } from './http/server.ts';
import { createAccept } from './ingest/accept.ts';
import { createHearing } from './ingest/hearing.ts';
import { createRenew } from './ingest/renew.ts';
import { ingestRoutes } from './ingest/routes.ts';
import { startServerClock } from './log/clock.ts';
import { watchConnection } from './log/connection.ts';
import { readDefinitions, streamName } from './log/streams/definitions.ts';
import { adviceOn, sentence } from './log/streams/differences.ts';
import { readFigures } from './log/streams/figures.ts';
import { type OpenLog, openLog } from './log/open.ts';
import { createRoomCheck } from './log/streams/room.ts';
import { applyStreams, ensureStreams } from './log/streams/streams.ts';
import { noReadModel, startReadModel } from './kernel/fold/read-model.ts';
import { podAggregate } from './collection/pod/aggregate.ts';
import { needsReadModel, readyChecks } from './ready.ts';
import { type Storing, watchStoring } from './storing.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { registerServiceMetrics } from './telemetry/service-metrics.ts';
import { createTracing } from './telemetry/tracing.ts';
import { createOpenWaiting, findId } from './waiting.ts';
import { type Parts, startWorkers, stopWorkers } from './workers.ts';

/** Alertmanager opens 2,000 connections within half a second; Node's default of 511 resets some of them. */
const listenBacklog = 4_096;

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
    const definitions = readDefinitions();
    // The embedded server is ours: what a new version needs of it, it is given.
    if (log.how !== 'external') await applyStreams(connection, definitions, config.streamReplicas, log);
    for (const difference of await ensureStreams(connection, definitions, config.streamReplicas, log)) {
      logger.warn(`differs from the files in streams/:${sentence(difference)}${adviceOn(difference)}`);
    }
    const clock = await startServerClock(connection, streamName);
    closers.defer(clock.stop);
    const storing = config.edge ? storingOfOthers(connection) : watchStoring(log, definitions, logger);
    closers.defer(storing.stop);
    const metrics = createMetrics();
    const board = createPodBoard({
      onUnreadable: ({ subject, sequence }, reason) =>
        logger.warn({ subject, sequence }, `not folded: ${reason}`),
    });
    const readModel = needsReadModel(config.roles)
      ? await startReadModel(
          { connection, snapshotEveryEvents: config.snapshotEveryEvents, mayWrite: !config.edge, logger },
          [{ aggregate: podAggregate, board }],
        )
      : noReadModel();
    const { follower, stale, stop } = readModel;
    closers.defer(stop);
    const tracing = await createTracing(config.traces, logger);
    closers.defer(tracing.close);
    const handBack = new AbortController();
    const pods = createPods(connection, streamName, board);
    const parts: Parts = {
      config,
      connection,
      definitions,
      board,
      pods,
      follower,
      logger,
      metrics,
      tracing,
      handBack,
      now: () => timeOf(clock.now()),
    };

    const server = await listen(parts, storing);
    closers.defer(async () => server.close());
    // Decisions on half a history would only be refused by the server.
    await follower.caughtUp;
    const workers = await startWorkers(parts);
    closers.defer(() => stopWorkers(parts, workers));
    if (config.roles.includes('intake'))
      closers.defer(answerEdge(connection, storing, actionsOf(parts), logger));
    await storing.tried;
    const { address, port, family } = server.server.address() as AddressInfo;
    const url = `${config.rules.tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
    logger.info({ url, roles: config.roles }, 'alert-watcher is ready');
    return { url, log, board, stale, close: () => closers.disposeAsync() };
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

async function listen(parts: Parts, { check, lastWrites }: Storing): Promise<FastifyInstance> {
  const { config, connection, definitions, board, follower, logger, metrics, tracing } = parts;
  const has = (role: Role) => config.roles.includes(role);
  const { tls, trustedProxies } = config.rules;
  const guards = buildGuards(config, logger);
  const server = readingFiles(() => createServer(logger, { isPassing, tls, trustedProxies }));
  server.addHook('onRequest', guards.api.admit);
  const checks = readyChecks(connection, definitions, follower, check, config.roles);
  registerServiceMetrics(metrics, {
    version: manifest.version,
    isConnected: connection.isConnected,
    lastWrites,
    readLog: () => readFigures(connection, definitions),
    ...(needsReadModel(config.roles) ? { readModel: { board, lag: follower.lag, hasEnded } } : {}),
  });
  if (has('api')) registerOpenapi(server, manifest.version);
  server.register(healthRoutes({ checks, metrics }));
  if (has('ingest')) {
    const readsLog = needsReadModel(config.roles);
    const accept = createAccept({
      connection,
      checkRoom: createRoomCheck(connection, streamName),
      // What processes at the edge publish is taken over one by one.
      batches: !config.edge,
      ...(readsLog ? { findId: findId(connection) } : {}),
      renew: createRenew(connection, streamName, logger),
      logger,
      metrics,
    });
    const hearing = createHearing(config.rules.sources, { connection, stream: streamName, now: Date.now, logger, metrics }); // prettier-ignore
    server.addHook('onClose', hearing.stop);
    const { maxBodyBytes, maxAlertsPerBody, maxInflightBytes, maxSyncRequests: maxRequests } = config;
    server.register(
      ingestRoutes({
        ...{ sources: guards.sources, accept, heard: hearing.heard, metrics, tracing },
        ...{ maxBodyBytes, maxAlertsPerBody, maxInflightBytes },
        sync: { maxRequests, ...(readsLog ? { openWaiting: createOpenWaiting(parts) } : {}) },
      }),
    );
  }
  if (has('api')) registerApi(server, parts, guards.api.isAdmitted);
  try {
    await server.listen({ host: config.host, port: config.port, backlog: listenBacklog });
  } catch (error) {
    // What its routes have begun would keep the process alive.
    await server.close();
    throw listenError(error, config);
  }
  return server;
}

/** The errors that another HOST or PORT mends as ConfigError, everything else as it is. */
function listenError(error: unknown, { host, port }: Config): unknown {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another process listens there: end it, or choose another PORT (0 takes a free one)',
    EACCES: 'this user may not listen there: choose a PORT of 1024 or more',
    EADDRNOTAVAIL: 'this machine has no such address: choose another HOST',
    ENOTFOUND: 'there is no such host: choose another HOST',
  };
  const reason = reasons[error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : ''];
  return reason === undefined
    ? error
    : new ConfigError(`HTTP cannot listen at ${host}:${String(port)}: ${reason}`, { cause: error });
}
