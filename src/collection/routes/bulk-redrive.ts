import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { BadQuery } from '../../http/query.ts';
import { sendProblem } from '../../http/problem.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import type { Actions } from '../by-hand/actions.ts';
import { redriveAll } from '../by-hand/redrive-all.ts';
import { matching, type SummaryMatch } from '../pod/summary-list.ts';
import type { Summaries } from '../pod/summaries.ts';
import type { ActionLog } from './action-log.ts';
import { bodyProblems, byOf, why } from './actions.ts';
import { filterFields, matchOf } from './filter.ts';
import { Redriven } from './schemas/collections.ts';

const closed = { additionalProperties: false };
const BulkRedrive = Type.Object(
  {
    filter: Type.Object(filterFields, {
      ...{ ...closed, minProperties: 1 },
      description: 'Those that are meant, as in the list. Without `state`, those that are failed.',
    }),
    ...why,
    dryRun: Type.Optional(Type.Boolean({ description: 'True: they are only counted.' })),
  },
  {
    ...closed,
    examples: [{ filter: { errorCode: 'destination-unavailable' }, reason: 'S3 is back', by: 'ada' }],
  },
);

export interface BulkRedriveOptions extends Pick<Actions, 'redrive' | 'notReady'> {
  summaries: Summaries;
  log: ActionLog;
  /** RFC 3339. */
  now: () => string;
}

/** `POST /api/v1/collections/redrive`: all failed collections that a filter means, each as if it were asked for by itself. */
export function bulkRedriveRoutes({ redrive, notReady, summaries, log, now }: BulkRedriveOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.post<{ Body: Static<typeof BulkRedrive> }>(
      '/api/v1/collections/redrive',
      { schema: bulkSchema, config: { access: 'act' } },
      async (request, reply) => {
        const missing = notReady();
        if (missing !== undefined) return sendProblem(reply, 'not-ready', missing);
        const { filter, reason, by = byOf(request), dryRun = false } = request.body;
        let match: SummaryMatch;
        try {
          match = matchOf({ state: ['failed'], ...filter }, now());
        } catch (error) {
          if (!(error instanceof BadQuery)) throw error;
          return sendProblem(reply, 'bad-request', error.message, { in: 'body', path: `/filter/${error.parameter}` }); // prettier-ignore
        }
        const meant = [...matching(summaries.all(), match)];
        if (dryRun) return { matched: meant.length };
        const result = await redriveAll(meant, async (collectionId) => {
          const one = await redrive(collectionId, { by, reason });
          const asked = { action: 'redrive' as const, about: { collectionId }, by, reason };
          log.tell(request, asked, 'refused' in one ? one : 'done');
          return one;
        });
        return reply.code(202).send(result);
      },
    );
    done();
  };
}

const bulkSchema = {
  ...{ operationId: 'redriveCollections', tags: ['collections'] },
  summary: 'Start all failed collections again that a filter means',
  description:
    'Each at the stage that failed, as a new run; the oldest first, 500 at most. Ask again while `more` is not 0. A pod has one ' +
    'recording at a time: the others of a pod are refused and stay as they are.',
  body: BulkRedrive,
  response: {
    200: jsonAnswer(
      'With `dryRun`: what would be tried.',
      Type.Object({ matched: Type.Integer({ description: 'Collections that the filter means.' }) }),
    ),
    202: jsonAnswer('What became of each.', refTo(Redriven)),
    ...problemAnswers(...bodyProblems),
  },
};
