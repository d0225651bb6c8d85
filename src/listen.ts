import type { FastifyInstance } from 'fastify';
import manifest from '../package.json' with { type: 'json' };
import { type Config, needsReadModel } from './config/config.ts';
import { ConfigError } from './config/fault.ts';
import type { Pod } from './events/subjects.ts';
import type { Parts } from './feature.ts';
import { apiDocument, type createFeatures } from './features.ts';
import { readingFiles } from './guards.ts';
import { eventRoutes } from './http/feed/events.ts';
import type { ApiGuard } from './http/guard/api-guard.ts';
import { healthRoutes } from './http/health.ts';
import { registerOpenapi } from './http/openapi.ts';
import { pageRoutes } from './http/page.ts';
import { searchRoutes } from './http/search.ts';
import { createServer } from './http/server.ts';
import { createPlaces } from './kernel/places.ts';
import { isPassing } from './kernel/react/failures.ts';
import { runFeed } from './log/consume/feed.ts';
import { createTail } from './log/consume/tail.ts';
import { streamName } from './log/streams/definitions.ts';
import { readFigures } from './log/streams/figures.ts';
import { readyChecks } from './ready.ts';
import type { Storing } from './storing.ts';
import { registerServiceMetrics } from './telemetry/service-metrics.ts';

/** Alertmanager opens 2,000 connections within half a second; Node's default of 511 resets some of them. */
const listenBacklog = 4_096;
/** Feeds that catch up at once. */
const concurrentCatchUps = 2;

interface Serving {
  parts: Parts;
  lag: () => number;
  features: ReturnType<typeof createFeatures>;
  storing: Storing;
  guard: ApiGuard;
}

/** Serves the routes of the roles asked for. Throws ConfigError where nothing can listen there. */
export async function listen({ parts, lag, features, storing, guard }: Serving): Promise<FastifyInstance> {
  const { config, connection, definitions, logger, metrics } = parts;
  const { all, board } = features;
  const readsLog = needsReadModel(config.roles);
  const { tls, trustedProxies } = config.rules;
  const server = readingFiles(() => createServer(logger, { isPassing, tls, trustedProxies }));
  server.addHook('onRequest', guard.admit);
  const reactors = all.flatMap((feature) => feature.reactors);
  const follower = { ...parts.follower, lag };
  const checks = readyChecks({ connection, follower, reactors, writes: storing.check }, config.roles);
  registerServiceMetrics(metrics, {
    version: manifest.version,
    isConnected: connection.isConnected,
    lastWrites: storing.lastWrites,
    readLog: () => readFigures(connection, definitions),
    ...(readsLog ? { lag } : {}),
  });
  const isApi = config.roles.includes('api');
  if (isApi) registerOpenapi(server, manifest.version, apiDocument);
  const details = () => all.flatMap((feature) => feature.details?.() ?? []);
  server.register(healthRoutes({ checks, metrics, details }));
  for (const { routes } of all) routes(server);
  if (isApi) {
    server.register(feedOf(parts, board.summaries.get, guard.isAdmitted));
    server.register(searchRoutes(all.flatMap(({ search }) => search ?? [])));
    server.register(pageRoutes());
  }
  try {
    await server.listen({ host: config.host, port: config.port, backlog: listenBacklog });
  } catch (error) {
    // What its routes have begun would keep the process alive.
    await server.close();
    throw listenError(error, config);
  }
  return server;
}

function feedOf(
  { config, connection, logger, metrics }: Parts,
  podOfCollection: (id: string) => Pod | undefined,
  isAdmitted: ApiGuard['isAdmitted'],
) {
  const said = 'event feeds were interrupted; resuming where they stopped';
  const tail = createTail(connection, streamName, (err) => logger.warn({ err }, said));
  // There may be hundreds of them, for one reason.
  const onInterrupted = (err: unknown) => logger.debug({ err }, said);
  const catchUps = createPlaces(concurrentCatchUps);
  const deps = { connection, stream: streamName, tail, inTurn: catchUps.take, onInterrupted };
  return eventRoutes({
    tell: (request, sink, signal) => runFeed(deps, request, sink, signal),
    ...{ podOfCollection, isAdmitted, maxFeeds: config.maxEventFeeds, metrics },
  });
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
