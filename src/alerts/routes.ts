import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { AlertFilter } from './filter.ts';
import { kindOf, type MatchesRow, outcomeKinds } from './kinds.ts';
import type { AlertPage, StoredAlert } from './page.ts';
import type { AlertStory } from './story.ts';
import { podOf } from '../book/pod-of-alert.ts';
import type { CollectionState } from '../book/collection-state.ts';
import { sendProblem } from '../http/problem.ts';
import { Alert, type AlertItem, AlertPage as AlertPageSchema, prefix } from './schemas.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { pageOf, pageQuery, timeIn, timeQuery } from '../http/query.ts';

const ListQuery = Type.Object(
  {
    alertname: Type.Optional(Type.String()),
    fingerprint: Type.Optional(Type.String({ maxLength: 256 })),
    status: Type.Optional(Type.Union([Type.Literal('firing'), Type.Literal('resolved')])),
    kubeContext: Type.Optional(Type.String({ description: 'Label `kube_context`.' })),
    namespace: Type.Optional(Type.String({ description: 'Label `namespace`.' })),
    pod: Type.Optional(Type.String({ description: 'Label `pod`.' })),
    prefix,
    outcome: Type.Optional(
      Type.Array(Type.Union(outcomeKinds.map((kind) => Type.Literal(kind))), {
        ...{ minItems: 1, maxItems: outcomeKinds.length },
        description: 'Firing ones that have come to one of these, as in the groups; repeat it for several.',
      }),
    ),
    ...timeQuery('Stored'),
    ...pageQuery,
  },
  { additionalProperties: false },
);
const Id = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Id of the AlertReceived.' }),
});

export interface AlertRoutesOptions {
  readPage: (filter: AlertFilter) => Promise<AlertPage>;
  readStory: (id: string) => Promise<AlertStory | undefined>;
  collection: (id: string) => { state: CollectionState } | undefined;
  matchesRow: MatchesRow;
  /** RFC 3339. */
  now: () => string;
}

/** `GET /api/v1/alerts` and `GET /api/v1/alerts/{id}`, from the stream. */
export function alertRoutes({ readPage, readStory, collection, matchesRow, now }: AlertRoutesOptions) {
  const itemOf = ({ event, outcome }: StoredAlert): Static<typeof AlertItem> => {
    const { id, sequence, storedAt, data } = event;
    const { alertname } = data.labels;
    const found = podOf(data.labels);
    const withState = <T extends { collectionId?: string }>(decided: T) => {
      const state = decided.collectionId === undefined ? undefined : collection(decided.collectionId)?.state;
      return { ...decided, ...(state === undefined ? {} : { state }) };
    };
    const pods = outcome?.pods;
    return {
      ...{ id, sequence, storedAt, alertname: alertname ?? null },
      ...('pod' in found ? found.pod : {}),
      ...data,
      ...(data.status === 'firing' ? { became: kindOf(data, outcome, matchesRow) } : {}),
      ...(outcome && { outcome: { ...withState(outcome), ...(pods && { pods: pods.map(withState) }) } }),
    };
  };
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof ListQuery> }>(
      '/api/v1/alerts',
      { schema: listSchema, config: { access: 'read' } },
      async (request): Promise<Static<typeof AlertPageSchema>> => {
        const { limit, after, since, until, ...filter } = request.query;
        const { items, next } = await readPage({
          ...filter,
          ...pageOf({ limit, after }),
          since: timeIn('since', since, now()),
          until: timeIn('until', until, now()),
        });
        return { items: items.map(itemOf), ...(next === undefined ? {} : { next }) };
      },
    );
    app.get<{ Params: Static<typeof Id> }>(
      '/api/v1/alerts/:id',
      { schema: oneSchema, config: { access: 'read' } },
      async (request, reply) => {
        const story = await readStory(request.params.id);
        if (!story)
          return sendProblem(reply, 'not-found', 'the stream holds no alert with this id (any more)');
        const events = story.events.map(({ sequence, id, type, time, data }) => ({
          sequence,
          id,
          type,
          time,
          data,
        }));
        return { ...itemOf(story), events };
      },
    );
    done();
  };
}

const tags = ['alerts'];
const listSchema = {
  ...{ operationId: 'listAlerts', tags, summary: 'Alerts, newest first, and what they led to' },
  description:
    'Read from the stream, backwards. `alertname`, `fingerprint` and `status` are found by subject; the others by looking at ' +
    'every alert on the way, for at most 2 s a page. Times are those of the stream.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('A page.', refTo(AlertPageSchema)),
    ...problemAnswers('bad-request', 'not-ready'),
  },
};
const oneSchema = {
  ...{ operationId: 'getAlert', tags, summary: 'One alert with every event about it' },
  description:
    'Searches the stream from its end: no subject holds the id. An old alert of a long stream takes seconds.',
  params: Id,
  response: {
    200: jsonAnswer('The alert.', refTo(Alert)),
    ...problemAnswers('bad-request', 'not-found', 'not-ready'),
  },
};
