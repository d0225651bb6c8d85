import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Replayed } from '../read/replayed.ts';
import type { Story } from '../read/story.ts';
import type { Summaries } from '../pod/summaries.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import { sendProblem } from '../../http/problem.ts';
import { filterFields, matchOf } from './filter.ts';
import { Collection, CollectionPage, Replay } from './schemas/collections.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import { pageOf, pageQuery } from '../../http/query.ts';

const ListQuery = Type.Object({ ...filterFields, ...pageQuery }, { additionalProperties: false });
export const CollectionParams = Type.Object({
  id: Type.String({ description: 'Id of the collection: 32 hex digits.' }),
});

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
      { schema: listSchema, config: { access: 'read' } },
      (request): Static<typeof CollectionPage> => {
        const { limit, after, ...filter } = request.query;
        const asOf = lastSequence();
        const { items, next } = summaries.list({ ...matchOf(filter, now()), ...pageOf({ limit, after }) });
        return { items: items.map(itemOf), ...(next === undefined ? {} : { next }), asOf };
      },
    );
    app.get<{ Params: Static<typeof CollectionParams> }>(
      '/api/v1/collections/:id',
      { schema: oneSchema, config: { access: 'read' } },
      async (request, reply) => {
        const summary = summaries.get(request.params.id);
        if (!summary) return sendProblem(reply, 'not-found', noCollection);
        return { ...itemOf(summary), ...(await readStory(summary)) };
      },
    );
    app.get<{ Params: Static<typeof CollectionParams> }>(
      '/api/v1/collections/:id/replay',
      { schema: replaySchema, config: { access: 'read' } },
      async (request, reply) => {
        const summary = summaries.get(request.params.id);
        return summary ? readReplayed(summary) : sendProblem(reply, 'not-found', noCollection);
      },
    );
    done();
  };
}

export const noCollection = 'there is no collection with this id (any more)';

function itemOf({ since: _since, ...item }: CollectionSummary) {
  return item;
}

const tags = ['collections'];
const listSchema = {
  ...{ operationId: 'listCollections', tags, summary: 'Collections, newest first' },
  description:
    'From the memory of this process. Times are those of the requests. What a filter names must all be so.',
  querystring: ListQuery,
  response: { 200: jsonAnswer('A page.', refTo(CollectionPage)), ...problemAnswers('bad-request') },
};
const oneSchema = {
  ...{ operationId: 'getCollection', tags, summary: 'One collection in full' },
  description: 'Its plan, attempts, errors, recording and events, read from the stream.',
  params: CollectionParams,
  response: {
    200: jsonAnswer('The collection.', refTo(Collection)),
    ...problemAnswers('not-found', 'not-ready'),
  },
};
const replaySchema = {
  ...{ operationId: 'replayCollection', tags, summary: 'What each event did to the pod' },
  description:
    "Every event of the collection's pod from its request to its last event, with the state of the pod before and after: " +
    'a fold of the stream, as the service itself does it.',
  params: CollectionParams,
  response: { 200: jsonAnswer('The replay.', refTo(Replay)), ...problemAnswers('not-found', 'not-ready') },
};
