import { Type } from '@sinclair/typebox';
import { eventTypes } from '../../events/catalogue.ts';
import { PodName } from '../pod-name.ts';
import { problemAnswers } from '../schemas/common.ts';

const Sequence = Type.String({ pattern: '^[0-9]{1,15}$' });

/** What is asked of the event feed. */
export const EventsQuery = Type.Object(
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

export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional({
    ...Sequence,
    description: 'The same as `after`, as browsers send it when they reconnect. It goes before `after`.',
  }),
});

export const eventsSchema = {
  ...{ operationId: 'followEvents', tags: ['events'], summary: 'The stream, live, as Server-Sent Events' },
  description:
    'Each message has the stream sequence as `id`, the event type as `event` and a FeedEvent as `data`. Timers of the server are ' +
    'never told. A message `gap` (`{reason, after, firstSequence, lastSequence}`) says that what was asked for is not there: ' +
    '`purged` or `beyond-the-stream`; the feed goes on with the first there is. Every 15 s a comment and an `id` alone: the ' +
    'position, also where nothing was wanted. A client that takes nothing for 30 s is cut off; reconnecting, it misses nothing.',
  querystring: EventsQuery,
  headers: EventsHeaders,
  response: {
    200: {
      description: 'The feed. It does not end by itself, unless its token is revoked.',
      content: {
        'text/event-stream': {
          schema: Type.String({ description: '`data` of each message is a FeedEvent.' }),
        },
      },
    },
    ...problemAnswers('bad-request', 'too-many-feeds'),
  },
};
