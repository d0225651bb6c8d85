import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { askedText, missedText, parseAsked, parsePod } from '../explain/asked.ts';
import { parseTime } from '../../events/point.ts';
import type { Asked, Explanation } from '../explain/explanation.ts';
import { podName } from '../explain/words.ts';
import type { SeveralPods } from '../read/explanations.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import { Explanation as ExplanationSchema } from './schemas/explanation.ts';
import { sendProblem } from '../../http/problem.ts';

const Query = Type.Object(
  {
    pod: Type.String({ minLength: 1, description: 'kube_context/namespace/pod, or the name of a pod' }),
    since: Type.Optional(Type.String({ description: 'RFC 3339, or 90m, 24h (the default), 7d ago' })),
  },
  { additionalProperties: false },
);

const Params = Type.Object({
  id: Type.String({ description: 'An alert (64 hex digits), a collection (32) or a fingerprint (16).' }),
});

export interface ExplainRoutesOptions {
  explain: (asked: Asked) => Promise<Explanation | SeveralPods>;
  /** RFC 3339. */
  now: () => string;
}

/**
 * `GET /api/v1/explain/{id}` (id of an alert or a collection, or a fingerprint) and `GET /api/v1/explain?pod=…`: why there
 * is a recording, or none, read from the log.
 */
export function explainRoutes({ explain, now }: ExplainRoutesOptions) {
  const answer = async (reply: FastifyReply, asked: Asked) => {
    const found = await explain(asked);
    if ('severalPods' in found) {
      const pods = found.severalPods.map(podName).sort();
      return sendProblem(reply, 'bad-request', 'several pods have this name: ask for one of them', { pods });
    }
    if (found.chapters.length > 0) return found;
    const { stream } = found;
    const detail = `nothing is on the stream of ${askedText(asked)}${missedText(asked)}`;
    return sendProblem(reply, 'not-found', detail, { stream });
  };
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof Query> }>(
      '/api/v1/explain',
      { schema: podSchema, config: { access: 'read' } },
      async (request, reply) => {
        const since = parseTime(request.query.since ?? '24h', now());
        const asked = since === undefined ? undefined : parsePod(request.query.pod, since);
        if (asked) return answer(reply, asked);
        const expected = 'pod must be kube_context/namespace/pod or a name, since RFC 3339 or 90m, 24h, 7d';
        return sendProblem(reply, 'bad-request', expected);
      },
    );
    app.get<{ Params: Static<typeof Params> }>(
      '/api/v1/explain/:id',
      { schema: idSchema, config: { access: 'read' } },
      async (request, reply) => {
        const asked = parseAsked(request.params.id, now());
        if (asked && !('since' in asked)) return answer(reply, asked);
        const expected =
          'expected the id of an alert (64 hex digits) or a collection (32), or a fingerprint (16)';
        return sendProblem(reply, 'bad-request', expected);
      },
    );
    done();
  };
}

const response = {
  200: jsonAnswer('The explanation.', refTo(ExplanationSchema)),
  ...problemAnswers('bad-request', 'not-found', 'not-ready'),
};
const description =
  'Read from the log and told in words and times. A search by alert or pod goes through all alerts and takes its time.';
const podSchema = {
  ...{ operationId: 'explainPod', tags: ['alerts'], summary: 'Why there is a recording of a pod, or none' },
  ...{ description, querystring: Query, response },
};
const idSchema = {
  ...{ operationId: 'explain', tags: ['alerts'], summary: 'Why an alert or collection came to what it did' },
  ...{ description, params: Params, response },
};
