import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Pod } from '../../events/subjects.ts';
import { pageOf, pageQuery } from '../../http/query.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import { millisOf } from '../../events/instant.ts';
import { type PodActivity, podsActive } from '../pod/activity.ts';
import type { Summaries } from '../pod/summaries.ts';
import { type PodItem, PodPage } from './schemas/overviews.ts';

const PodsQuery = Type.Object(
  {
    kubeContext: Type.Optional(Type.String()),
    namespace: Type.Optional(Type.String()),
    prefix: Type.Optional(
      Type.String({ description: 'The pod or its namespace begins so, in small or capital letters.' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
);

export interface PodRoutesOptions {
  summaries: Summaries;
  /** RFC 3339: the end of its cooldown, past or not. */
  cooldownOf: (pod: Pod) => string | undefined;
  /** Sequence of the stream up to which the summaries go. */
  lastSequence: () => number;
  /** RFC 3339. */
  now: () => string;
}

/** `GET /api/v1/pods`, from the index. */
export function podRoutes({ summaries, cooldownOf, lastSequence, now }: PodRoutesOptions) {
  const itemOf = ({ state, collections, last }: PodActivity): Static<typeof PodItem> => {
    const { id, kubeContext, namespace, pod, alertname, requestedAt, endedAt, error } = last;
    const until = cooldownOf(last);
    const isWaiting = until !== undefined && millisOf(until) > millisOf(now());
    return {
      ...{ kubeContext, namespace, pod, state, collections },
      last: {
        ...{ id, state: last.state, requestedAt },
        ...(alertname === undefined ? {} : { alertname }),
        ...(endedAt === undefined ? {} : { endedAt }),
        ...(error && { error }),
      },
      ...(isWaiting ? { cooldownUntil: until } : {}),
    };
  };
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof PodsQuery> }>(
      '/api/v1/pods',
      { schema: podsSchema, config: { access: 'read' } },
      (request): Static<typeof PodPage> => {
        const { limit, after, ...filter } = request.query;
        const asOf = lastSequence();
        const { items, next } = podsActive(summaries.all(), { ...filter, ...pageOf({ limit, after }) });
        return { items: items.map(itemOf), ...(next === undefined ? {} : { next }), asOf };
      },
    );
    done();
  };
}

const podsSchema = {
  ...{ operationId: 'listPods', tags: ['collections'], summary: 'Pods, last active first' },
  description:
    'The pods that have a collection, from the memory of this process. A pod that is active again moves to the front.',
  querystring: PodsQuery,
  response: { 200: jsonAnswer('A page.', refTo(PodPage)), ...problemAnswers('bad-request') },
};
