import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Story } from '../collection/story.ts';
import { collectionStates, type CollectionSummary, type Summaries } from '../collection/summaries.ts';
import { sendProblem } from './problem.ts';

const Query = Type.Object(
  {
    state: Type.Optional(Type.Union(collectionStates.map((state) => Type.Literal(state)))),
    pod: Type.Optional(Type.String()),
    namespace: Type.Optional(Type.String()),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: '1 to 999, default 50' })),
    after: Type.Optional(Type.String({ description: 'id of the last item of the page before' })),
  },
  { additionalProperties: false },
);

export interface CollectionRoutesOptions {
  summaries: Summaries;
  readStory: (summary: CollectionSummary) => Promise<Story>;
}

/** `GET /api/v1/collections` and `GET /api/v1/collections/{id}`, from the board and, for one, from its events. */
export function collectionRoutes({ summaries, readStory }: CollectionRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof Query> }>(
      '/api/v1/collections',
      { schema: { querystring: Query } },
      (request) => {
        const { limit, ...filter } = request.query;
        const { items, next } = summaries.list({ ...filter, limit: Number(limit ?? 50) });
        return { items: items.map(itemOf), ...(next === undefined ? {} : { next }) };
      },
    );
    app.get<{ Params: { id: string } }>('/api/v1/collections/:id', async (request, reply) => {
      const summary = summaries.get(request.params.id);
      if (!summary) return sendProblem(reply, 'not-found', 'there is no collection with this id (any more)');
      return { ...itemOf(summary), ...(await readStory(summary)) };
    });
    done();
  };
}

function itemOf({ firstSequence: _first, lastSequence: _last, ...item }: CollectionSummary) {
  return item;
}
