import type { FastifyInstance } from 'fastify';
import { readAlertPage, readAlertStory } from './collection/alerts.ts';
import { readExplanation } from './collection/explanations.ts';
import { readStory } from './collection/story.ts';
import { timeOf } from './events/instant.ts';
import { alertRoutes } from './http/alerts.ts';
import { collectionRoutes } from './http/collections.ts';
import { eventRoutes } from './http/events.ts';
import { explainRoutes } from './http/explain.ts';
import { createPlaces } from './ingest/places.ts';
import { streamName } from './log/definitions.ts';
import { runFeed } from './log/feed.ts';
import { createTail } from './log/tail.ts';
import type { Parts } from './workers.ts';

type ApiParts = Pick<Parts, 'config' | 'connection' | 'board' | 'follower' | 'logger' | 'metrics'>;

/** Reads of the stream at once, for all who ask, so that webhooks are not held up. */
const concurrentReads = 2;
/** Feeds that catch up at once. */
const concurrentCatchUps = 2;
const stream = streamName;
const now = () => timeOf(Date.now());

/** The routes of the role `api`. */
export function registerApi(server: FastifyInstance, parts: ApiParts): void {
  const { connection, board, follower } = parts;
  const { summaries } = board;
  const reads = createPlaces(concurrentReads);
  const source = { connection, stream };
  server.register(
    collectionRoutes({
      summaries,
      readStory: (summary) => reads.take(() => readStory(connection, stream, summary)),
      lastSequence: follower.lastApplied,
      now,
    }),
  );
  server.register(
    alertRoutes({
      readPage: (filter) => reads.take(() => readAlertPage(source, filter)),
      readStory: (id) => reads.take(() => readAlertStory(source, id)),
      collection: summaries.get,
      now,
    }),
  );
  server.register(explain(parts));
  server.register(events(parts));
}

function events({ config, connection, board, logger, metrics }: ApiParts) {
  const onInterrupted = (err: unknown) =>
    logger.warn({ err }, 'an event feed was interrupted; it goes on where it stopped');
  const tail = createTail(connection, stream, onInterrupted);
  const catchUps = createPlaces(concurrentCatchUps);
  const deps = { connection, stream, tail, inTurn: catchUps.take, onInterrupted };
  let open = 0;
  metrics.watch('event_feeds', 'Event feeds that are open.', () => open);
  return eventRoutes({
    tell: (request, sink, signal) => runFeed(deps, request, sink, signal),
    podOfCollection: board.summaries.get,
    maxFeeds: config.maxEventFeeds,
    onCount: (count) => (open = count),
  });
}

/** Some explanations read through all alerts: one at a time is read. */
function explain({ config, connection, board }: ApiParts) {
  const { collections: rows, maxAlertAgeSeconds } = config.rules;
  const policy = { name: 'that of the service', rows, maxAlertAgeSeconds };
  const deps = { connection, stream, board, policy, now };
  const places = createPlaces(1);
  return explainRoutes({ explain: (asked) => places.take(() => readExplanation(deps, asked)), now });
}
