import type { Static } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EventType } from '../../events/catalogue.ts';
import type { StoredMessage } from '../../events/envelope.ts';
import type { Pod } from '../../events/subjects.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { feedMessageOf, type FeedFilter, frameOf, isWanted, subjectsOf } from './feed-message.ts';
import { parsePodName } from '../pod-name.ts';
import { sendProblem } from '../problem.ts';
import { type EventsHeaders, type EventsQuery, eventsSchema } from './schemas.ts';
import { openSse, type Sse } from './sse.ts';

/** The stream, told to one reader until the signal ends it. */
export type TellEvents = (
  request: { after: number | undefined; filters: readonly string[] },
  sink: {
    take: (message: StoredMessage) => boolean;
    room: () => Promise<void>;
    reached: (sequence: number) => void;
    gap: (gap: { firstSequence: number }) => void;
  },
  signal: AbortSignal,
) => Promise<void>;

export interface EventRoutesOptions {
  tell: TellEvents;
  podOfCollection: (id: string) => Pod | undefined;
  /** False where a request would be refused by now: its token was revoked. */
  isAdmitted: (request: FastifyRequest) => boolean;
  /** Feeds at once. */
  maxFeeds: number;
  metrics: Pick<Metrics, 'watch'>;
  /** Default 15,000. */
  heartbeatMs?: number;
}

/** Kept small: it is held for each client that is too slow. The rest stays on the stream until it is wanted. */
const maxWaitingBytes = 256 * 1024;
const stallMs = 30_000;
const retryMs = 3_000;
/** So much longer than its token a feed may live. */
const askAgainMs = 2_000;

/** `GET /api/v1/events`: the stream as Server-Sent Events. */
export function eventRoutes(options: EventRoutesOptions) {
  const { tell, podOfCollection, isAdmitted, maxFeeds, metrics, heartbeatMs = 15_000 } = options;
  const feeds = new Set<{ request: FastifyRequest; sse: Sse; position: number | undefined }>();

  const waitingBytes = () => [...feeds].reduce((sum, { sse }) => sum + sse.waitingBytes(), 0);
  metrics.watch('event_feeds', 'Event feeds that are open.', () => feeds.size);
  metrics.watch('event_feeds_waiting_bytes', 'Bytes that wait for clients of event feeds.', waitingBytes);

  const openFeed = (
    request: FastifyRequest,
    reply: FastifyReply,
    after: number | undefined,
    filter: FeedFilter,
  ) => {
    const sse = openSse(reply, { maxWaitingBytes, stallMs });
    const feed = { request, sse, position: after };
    feeds.add(feed);
    sse.write(`retry: ${String(retryMs)}\n\n`);
    const sink = {
      take: (message: StoredMessage) => {
        const found = feedMessageOf(message);
        return !found || !isWanted(filter, found) || sse.write(found.frame);
      },
      room: sse.room,
      reached: (sequence: number) => {
        // A client that is cut off before its first event must know where it was.
        if (feed.position === undefined) sse.write(`id: ${String(sequence)}\n\n`);
        feed.position = sequence;
      },
      gap: (gap: { firstSequence: number }) => {
        sse.write(frameOf(gap.firstSequence - 1, 'gap', JSON.stringify(gap)));
      },
    };
    void tell({ after, filters: subjectsOf(filter) }, sink, sse.signal).finally(() => feeds.delete(feed));
  };

  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const heartbeat = setInterval(() => {
      for (const { sse, position } of feeds) {
        // The id alone moves the client on past what it did not want: it will not be read again for it.
        sse.write(`: heartbeat\n${position === undefined ? '' : `id: ${String(position)}\n`}\n`);
      }
    }, heartbeatMs);
    const guarding = setInterval(() => {
      for (const { request, sse } of feeds) if (!isAdmitted(request)) sse.end();
    }, askAgainMs);
    app.addHook('preClose', (closed) => {
      clearInterval(heartbeat);
      clearInterval(guarding);
      for (const { sse } of feeds) sse.end();
      closed();
    });
    app.get<{ Querystring: Static<typeof EventsQuery>; Headers: Static<typeof EventsHeaders> }>(
      '/api/v1/events',
      { schema: eventsSchema, config: { access: 'read' }, exposeHeadRoute: false },
      (request, reply) => {
        if (feeds.size >= maxFeeds) {
          void reply.header('retry-after', '5');
          return sendProblem(
            reply,
            'too-many-feeds',
            `${String(feeds.size)} feeds are open (MAX_EVENT_FEEDS)`,
          );
        }
        const { after, type: types, pod, collection } = request.query;
        const last = request.headers['last-event-id'] ?? after;
        openFeed(
          request,
          reply,
          last === undefined ? undefined : Number(last),
          filterOf(types, pod, collection, podOfCollection),
        );
        return reply;
      },
    );
    done();
  };
}

function filterOf(
  types: EventType[] | undefined,
  podName: string | undefined,
  collectionId: string | undefined,
  podOfCollection: EventRoutesOptions['podOfCollection'],
): FeedFilter {
  const pod = podName === undefined ? undefined : parsePodName(podName);
  const ofCollection = collectionId === undefined ? undefined : podOfCollection(collectionId);
  return {
    ...(types ? { types } : {}),
    ...(pod ? { pod } : {}),
    ...(collectionId === undefined ? {} : { collectionId }),
    ...(ofCollection ? { podOfCollection: ofCollection } : {}),
  };
}
