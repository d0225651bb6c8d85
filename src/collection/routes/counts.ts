import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import { countBy, countedBy } from '../pod/summary-counts.ts';
import { matching } from '../pod/summary-list.ts';
import type { Summaries } from '../pod/summaries.ts';
import { filterFields, matchOf } from './filter.ts';
import { CollectionCounts } from './schemas/overviews.ts';

const CountsQuery = Type.Object(
  {
    by: Type.Union(
      countedBy.map((by) => Type.Literal(by)),
      { description: 'What they are counted by.' },
    ),
    ...filterFields,
  },
  { additionalProperties: false },
);

/** The largest answer: more groups than people read. */
const maxItems = 200;

export interface CountRoutesOptions {
  summaries: Summaries;
  /** Sequence of the stream up to which the summaries go. */
  lastSequence: () => number;
  /** RFC 3339. */
  now: () => string;
}

/** `GET /api/v1/collections/counts`, from the index. */
export function countRoutes({ summaries, lastSequence, now }: CountRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof CountsQuery> }>(
      '/api/v1/collections/counts',
      { schema: countsSchema, config: { access: 'read' } },
      (request): Static<typeof CollectionCounts> => {
        const { by, ...filter } = request.query;
        const asOf = lastSequence();
        const meant = matching(summaries.all(), matchOf(filter, now()));
        return { ...countBy(meant, by, maxItems), asOf };
      },
    );
    done();
  };
}

const countsSchema = {
  ...{ operationId: 'countCollections', tags: ['collections'], summary: 'Collections, counted' },
  description:
    'How many collections there are by one of their values, most first. It takes the filters of the list. What has no such ' +
    'value is in `total` only.',
  querystring: CountsQuery,
  response: { 200: jsonAnswer('The counts.', refTo(CollectionCounts)), ...problemAnswers('bad-request') },
};
