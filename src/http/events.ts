import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type EventType, eventTypes } from '../events/catalogue.ts';
import type { StoredMessage } from '../events/envelope.ts';
import type { Pod } from '../events/subjects.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { feedMessageOf, type FeedFilter, frameOf, isWanted, subjectsOf } from './feed-message.ts';
import { parsePodName, PodName } from './pod-name.ts';
import { sendProblem } from './problem.ts';
import { problemAnswers } from './schemas/common.ts';
import { openSse, type Sse } from './sse.ts';

const Sequence = Type.String({ pattern: '^[0-9]{1,15}$' });

const Query = Type.Object(
  {
    after: Type.Optional({
      ...Sequence,
      description: 'Stream sequence: go on right behind it. Without it, from now on.',
    }),
    type: Type.Optional(
      Type.Array(Type.Union(eventTypes.map((type) => Type.Literal(type))), {
        minItems: 1,
        uniqueItems: true,
        description: 'Only events of this type; may be repeated.',
      }),
    ),
    pod: Type.Optional(PodName),
    collection: Type.Optional(Type.String({ minLength: 1, description: 'Only events of this collection.' })),
  },
  { additionalProperties: false },
);

const Headers = Type.Object({
  'last-event-id': Type.Optional({
    ...Sequence,
    description: 'The same as `after`, as browsers send it when they reconnect. It goes before `after`.',
  }),
});

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

/** `GET /api/v1/events`: the stream as Server-Sent Events. */
export function eventRoutes(options: EventRoutesOptions) {
  const { tell, podOfCollection, maxFeeds, metrics, heartbeatMs = 15_000 } = options;
  const feeds = new Set<{ sse: Sse; position: number | undefined }>();

  const waitingBytes = () => [...feeds].reduce((sum, { sse }) => sum + sse.waitingBytes(), 0);
  metrics.watch('event_feeds', 'Event feeds that are open.', () => feeds.size);
  metrics.watch('event_feeds_waiting_bytes', 'Bytes that wait for clients of event feeds.', waitingBytes);

  const openFeed = (reply: FastifyReply, after: number | undefined, filter: FeedFilter) => {
    const sse = openSse(reply, { maxWaitingBytes, stallMs });
    const feed = { sse, position: after };
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
    app.addHook('preClose', (closed) => {
      clearInterval(heartbeat);
      for (const { sse } of feeds) sse.end();
      closed();
    });
    app.get<{ Querystring: Static<typeof Query>; Headers: Static<typeof Headers> }>(
      '/api/v1/events',
      { schema, config: { access: 'read' }, exposeHeadRoute: false },
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

const schema = {
  ...{ operationId: 'followEvents', tags: ['events'], summary: 'The stream, live, as Server-Sent Events' },
  description:
    'Each message has the stream sequence as `id`, the event type as `event` and a FeedEvent as `data`. Timers of the server are ' +
    'never told. A message `gap` (`{reason, after, firstSequence, lastSequence}`) says that what was asked for is not there: ' +
    '`purged` or `beyond-the-stream`; the feed goes on with the first there is. Every 15 s a comment and an `id` alone: the ' +
    'position, also where nothing was wanted. A client that takes nothing for 30 s is cut off; reconnecting, it misses nothing.',
  querystring: Query,
  headers: Headers,
  response: {
    200: {
      description: 'The feed. It does not end by itself.',
      content: {
        'text/event-stream': {
          schema: Type.String({ description: '`data` of each message is a FeedEvent.' }),
        },
      },
    },
    ...problemAnswers('bad-request', 'too-many-feeds'),
  },
};
