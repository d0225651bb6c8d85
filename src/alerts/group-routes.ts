import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { timeIn, timeQuery } from '../http/query.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { createKept } from '../kernel/kept.ts';
import type { AlertFilter } from './filter.ts';
import type { AlertGroups } from './read-groups.ts';
import { AlertGroups as AlertGroupsSchema, prefix } from './schemas.ts';

const GroupsQuery = Type.Object({ ...timeQuery('Stored'), prefix }, { additionalProperties: false });

/** A page that is open asks again and again. */
const keptSeconds = 3;
const defaultSince = '24h';

export interface GroupRoutesOptions {
  readGroups: (filter: Pick<AlertFilter, 'since' | 'until' | 'prefix'>) => Promise<AlertGroups>;
  /** RFC 3339. */
  now: () => string;
}

/** `GET /api/v1/alerts/groups`, from the stream. */
export function groupRoutes({ readGroups, now }: GroupRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const kept = createKept<Static<typeof AlertGroupsSchema>>(keptSeconds);
    app.get<{ Querystring: Static<typeof GroupsQuery> }>(
      '/api/v1/alerts/groups',
      { schema: groupsSchema, config: { access: 'read' } },
      (request) => {
        const query = { since: defaultSince, ...request.query };
        const since = timeIn('since', query.since, now()) ?? now();
        const until = timeIn('until', query.until, now());
        return kept(JSON.stringify([query.since, query.until, query.prefix]), async () => ({
          ...(await readGroups({ since, until, prefix: query.prefix })),
          since,
        }));
      },
    );
    done();
  };
}

const groupsSchema = {
  ...{ operationId: 'groupAlerts', tags: ['alerts'], summary: 'Alerts by name and namespace' },
  description:
    'All alerts that were stored in a time (the last 24 h without `since`), and what they led to: the group with the newest alert ' +
    'first. Read from the stream, backwards, for at most 2 s: `downTo` says how far where that is not enough. An answer may be 3 s old.',
  querystring: GroupsQuery,
  response: {
    200: jsonAnswer('The groups.', refTo(AlertGroupsSchema)),
    ...problemAnswers('bad-request', 'not-ready'),
  },
};
