import type { FastifyInstance } from 'fastify';
import { readAlertPage, readAlertStory } from './alerts/page.ts';
import { readExplanation } from './collection/read/explanations.ts';
import { type Actions, askActions } from './collection/by-hand/actions.ts';
import { cancel } from './collection/by-hand/cancel.ts';
import { createPresigner } from './collection/destinations/presign.ts';
import { locateRecording } from './collection/read/download.ts';
import { redrive } from './collection/by-hand/redrive.ts';
import { readReplayed } from './collection/read/replayed.ts';
import { start } from './collection/by-hand/start.ts';
import { readStory } from './collection/read/story.ts';
import { actionRoutes } from './collection/routes/actions.ts';
import { recordingRoutes } from './collection/routes/recording.ts';
import { alertRoutes } from './alerts/routes.ts';
import { collectionRoutes } from './collection/routes/collections.ts';
import { eventRoutes } from './http/feed/events.ts';
import type { ApiGuard } from './http/guard/api-guard.ts';
import { explainRoutes } from './collection/routes/explain.ts';
import { pageRoutes } from './http/page.ts';
import { createPlaces } from './kernel/places.ts';
import { recordingsBucket, stagingBucket, streamName } from './log/streams/definitions.ts';
import { LogUnavailable } from './log/errors.ts';
import { runFeed } from './log/consume/feed.ts';
import { createTail } from './log/consume/tail.ts';
import type { Parts } from './workers.ts';

type ApiParts = Pick<
  Parts,
  'config' | 'connection' | 'board' | 'pods' | 'follower' | 'logger' | 'metrics' | 'now'
>;

/** Reads of the stream at once, for all who ask, so that webhooks are not held up. */
const concurrentReads = 2;
/** Feeds that catch up at once. */
const concurrentCatchUps = 2;
const stream = streamName;

/** The routes of the role `api`. */
export function registerApi(
  server: FastifyInstance,
  parts: ApiParts,
  isAdmitted: ApiGuard['isAdmitted'],
): void {
  const { config, connection, board, follower, now } = parts;
  const { summaries } = board;
  const places = createPlaces(concurrentReads);
  const reads = <T>(read: () => Promise<T>) =>
    places.take(() => {
      // At once, and not after a time-out for each of those who wait.
      if (!connection.isConnected()) throw new LogUnavailable('NATS is not connected');
      return read();
    });
  const source = { connection, stream };
  server.register(
    collectionRoutes({
      summaries,
      readStory: (summary) => reads(() => readStory(connection, stream, summary)),
      readReplayed: (summary) => reads(() => readReplayed(connection, stream, summary)),
      lastSequence: follower.lastApplied,
      now,
    }),
  );
  server.register(
    alertRoutes({
      readPage: (filter) => reads(() => readAlertPage(source, filter)),
      readStory: (id) => reads(() => readAlertStory(source, id)),
      collection: summaries.get,
      now,
    }),
  );
  const locateDeps = { connection, stream, stagingBucket, recordingsBucket, summaries };
  server.register(
    recordingRoutes({
      collection: summaries.get,
      locate: (summary) => reads(() => locateRecording(locateDeps, summary)),
      presign: createPresigner(),
      urlSeconds: config.recordingUrlSeconds,
    }),
  );
  const own = actionsOf(parts);
  const actions = config.edge ? askActions(connection, own.notReady) : own;
  server.register(actionRoutes({ ...actions, isKnown: (id) => summaries.get(id) !== undefined }));
  server.register(explain(parts));
  server.register(events(parts, isAdmitted));
  server.register(pageRoutes());
}

/** What people ask for by hand, decided by this process. */
export function actionsOf({ config, connection, board, pods, follower, now }: ApiParts): Actions {
  const byHand = { board, pods, now };
  return {
    start: (request) => start({ ...byHand, connection, rows: config.rules.collections }, request),
    redrive: (id, why) => redrive(byHand, id, why),
    cancel: (id, why) => cancel(byHand, id, why),
    notReady: () => (follower.isCaughtUp() ? undefined : 'the log is still being read'),
  };
}

function events(
  { config, connection, board, logger, metrics }: ApiParts,
  isAdmitted: ApiGuard['isAdmitted'],
) {
  const said = 'event feeds were interrupted; they go on where they stopped';
  const tail = createTail(connection, stream, (err) => logger.warn({ err }, said));
  // There may be hundreds of them, for one reason.
  const onInterrupted = (err: unknown) => logger.debug({ err }, said);
  const catchUps = createPlaces(concurrentCatchUps);
  const deps = { connection, stream, tail, inTurn: catchUps.take, onInterrupted };
  return eventRoutes({
    tell: (request, sink, signal) => runFeed(deps, request, sink, signal),
    podOfCollection: board.summaries.get,
    isAdmitted,
    maxFeeds: config.maxEventFeeds,
    metrics,
  });
}

/** Some explanations read through all alerts: one at a time is read. */
function explain({ config, connection, board, now }: ApiParts) {
  const { collections: rows, maxAlertAgeSeconds } = config.rules;
  const policy = { name: 'that of the service', rows, maxAlertAgeSeconds };
  const deps = { connection, stream, board, policy, now };
  const places = createPlaces(1);
  return explainRoutes({ explain: (asked) => places.take(() => readExplanation(deps, asked)), now });
}
