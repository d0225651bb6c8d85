import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Replayed } from '../collection/replayed.ts';
import type { Story } from '../collection/story.ts';
import { collectionStates, type CollectionSummary, type Summaries } from '../collection/summaries.ts';
import { sendProblem } from './problem.ts';
import { millisIn, pageOf, pageQuery, timeQuery } from './query.ts';

const ListQuery = Type.Object(
  {
    state: Type.Optional(Type.Union(collectionStates.map((state) => Type.Literal(state)))),
    kubeContext: Type.Optional(Type.String()),
    namespace: Type.Optional(Type.String()),
    pod: Type.Optional(Type.String()),
    alertname: Type.Optional(Type.String({ description: 'Of the alert that it was requested for.' })),
    ...timeQuery('Requested'),
    ...pageQuery,
  },
  { additionalProperties: false },
);

export interface CollectionRoutesOptions {
  summaries: Summaries;
  readStory: (summary: CollectionSummary) => Promise<Story>;
  readReplayed: (summary: CollectionSummary) => Promise<Replayed>;
  /** Sequence of the stream up to which the summaries go. */
  lastSequence: () => number;
  /** RFC 3339. */
  now: () => string;
}

/** `GET /api/v1/collections`, `…/{id}` and `…/{id}/replay`, from the board and, for one, from its events. */
export function collectionRoutes(options: CollectionRoutesOptions) {
  const { summaries, readStory, readReplayed, lastSequence, now } = options;
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof ListQuery> }>(
      '/api/v1/collections',
      { schema: { querystring: ListQuery }, config: { access: 'read' } },
      (request) => {
        const { limit, after, since, until, ...filter } = request.query;
        const asOf = lastSequence();
        const { items, next } = summaries.list({
          ...filter,
          ...pageOf({ ...(limit === undefined ? {} : { limit }), ...(after === undefined ? {} : { after }) }),
          sinceMs: millisIn('since', since, now()),
          untilMs: millisIn('until', until, now()),
        });
        return { items: items.map(itemOf), ...(next === undefined ? {} : { next: String(next) }), asOf };
      },
    );
    app.get<{ Params: { id: string } }>(
      '/api/v1/collections/:id',
      { config: { access: 'read' } },
      async (request, reply) => {
        const summary = summaries.get(request.params.id);
        if (!summary) return sendProblem(reply, 'not-found', noCollection);
        return { ...itemOf(summary), ...(await readStory(summary)) };
      },
    );
    app.get<{ Params: { id: string } }>(
      '/api/v1/collections/:id/replay',
      { config: { access: 'read' } },
      async (request, reply) => {
        const summary = summaries.get(request.params.id);
        return summary ? readReplayed(summary) : sendProblem(reply, 'not-found', noCollection);
      },
    );
    done();
  };
}

export const noCollection = 'there is no collection with this id (any more)';

function itemOf({ firstSequence: _first, lastSequence: _last, ...item }: CollectionSummary) {
  return item;
}
