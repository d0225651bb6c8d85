import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { Actions } from '../by-hand/actions.ts';
import type { Refused, Why } from '../by-hand/by-hand.ts';
import { isGivenName } from '../../http/guard/tokens.ts';
import type { ActionLog } from './action-log.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import type { Event } from '../../events/envelope.ts';
import { CollectionParams, noCollection } from './collections.ts';
import { Acted, Started } from './schemas/collections.ts';
import { jsonAnswer, problemAnswers, refTo } from '../../http/schemas/common.ts';
import { sendProblem } from '../../http/problem.ts';
import { traceparentOf } from '../../http/traceparent.ts';

/** What everybody says who asks for something. */
export const why = {
  reason: Type.String({ minLength: 1, maxLength: 1_000, description: 'Why; it stands in the event.' }),
  by: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Who; it stands in the event. Default: the name of the token that was shown, or `api` if it has none.',
    }),
  ),
};
const closed = { additionalProperties: false };
const Why = Type.Object(why, closed);
const Start = Type.Object(
  {
    kubeContext: Type.String(),
    namespace: Type.String(),
    pod: Type.String(),
    sts: Type.Optional(Type.String({ description: 'The StatefulSet; part of the place of the recording.' })),
    rule: Type.Optional(
      Type.String({
        description:
          'Name of the row of `collections` whose plan is taken. Default: the first that matches, else the first.',
      }),
    ),
    durationSeconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 3_600,
        description: 'Seconds of recording, instead of those of the row.',
      }),
    ),
    ...why,
  },
  {
    ...closed,
    examples: [
      {
        kubeContext: 'aks1-westeurope-prod',
        namespace: 'my-namespace',
        pod: 'crate-data-hot-0',
        reason: 'slow queries',
        by: 'ada',
      },
    ],
  },
);

export interface ActionRoutesOptions extends Actions {
  isKnown: (id: string) => boolean;
  log: ActionLog;
}

/** `POST /api/v1/collections`, `…/{id}/redrive`, `…/{id}/cancel`: what people ask for. The reactors do the work. */
export function actionRoutes({ start, redrive, cancel, isKnown, notReady, log }: ActionRoutesOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.addHook('preHandler', async (_request, reply) => {
      const missing = notReady();
      return missing === undefined ? undefined : sendProblem(reply, 'not-ready', missing);
    });

    app.post<{ Body: Static<typeof Start> }>(
      '/api/v1/collections',
      routeOf(startSchema),
      async (request, reply) => {
        const { by = byOf(request), ...body } = request.body;
        const found = podOf({ kube_context: body.kubeContext, namespace: body.namespace, pod: body.pod });
        if (!('pod' in found)) {
          const path = `/${found.label === 'kube_context' ? 'kubeContext' : found.label}`;
          return sendProblem(reply, 'bad-request', found.message, { in: 'body', path });
        }
        const traceparent = traceparentOf(request);
        const result = await start({ ...body, by, ...(traceparent === undefined ? {} : { traceparent }) });
        const { kubeContext, namespace, pod, sts, ...more } = body;
        const asked = { action: 'start' as const, by, ...more };
        const about = { kubeContext, namespace, pod, sts };
        if ('refused' in result) {
          log.tell(request, { ...asked, about }, result);
          return refuse(reply, result);
        }
        const event = 'started' in result ? result.started : result.attached;
        const { collectionId } = event.data;
        const outcome = 'started' in result ? 'started' : 'attached';
        log.tell(request, { ...asked, about: { ...about, collectionId } }, outcome);
        void reply.header('location', `/api/v1/collections/${collectionId}`);
        return reply.code(202).send({ outcome, collectionId, event: eventOf(event) });
      },
    );

    const onOne = (
      name: 'redrive' | 'cancel',
      act: (id: string, why: Why) => Promise<{ event: Event } | Refused>,
    ) => {
      app.post<{ Params: Static<typeof CollectionParams>; Body: Static<typeof Why> }>(
        `/api/v1/collections/:id/${name}`,
        routeOf(oneSchema(name)),
        async (request, reply) => {
          const { id } = request.params;
          if (!isKnown(id)) return sendProblem(reply, 'not-found', noCollection);
          const { by = byOf(request), reason } = request.body;
          const result = await act(id, { by, reason });
          const asked = { action: name, about: { collectionId: id }, by, reason };
          log.tell(request, asked, 'refused' in result ? result : 'done');
          if ('refused' in result) return refuse(reply, result);
          return reply.code(202).send({ collectionId: id, event: eventOf(result.event) });
        },
      );
    };
    onOne('redrive', async (id, reason) => {
      const result = await redrive(id, reason);
      return 'refused' in result ? result : { event: result.redriven };
    });
    onOne('cancel', async (id, reason) => {
      const result = await cancel(id, reason);
      return 'refused' in result ? result : { event: result.cancelled };
    });
    done();
  };
}

function routeOf(schema: FastifySchema) {
  return { schema, config: { access: 'act' as const } };
}

/** Who asks, where the body does not say. A token that is called by its line has no name of its own. */
export function byOf({ client }: FastifyRequest): string {
  return client !== undefined && isGivenName(client) ? client : 'api';
}

function refuse(reply: FastifyReply, { refused }: Refused): FastifyReply {
  return sendProblem(reply, 'refused', refused);
}

function eventOf({ id, type, time, data }: Event) {
  return { id, type, time, data };
}

const tags = ['collections'];
export const bodyProblems = [
  'bad-request',
  'not-json',
  'body-too-large',
  'unsupported-media-type',
  'not-ready',
] as const;
const startSchema = {
  ...{ operationId: 'startCollection', tags, summary: 'Record a pod now' },
  description:
    'Kept as an alert of the source `api` and decided as one, but no cooldown holds it up. A pod has one recording at a time.',
  body: Start,
  response: {
    202: jsonAnswer('It is requested; `Location` is the collection.', refTo(Started)),
    ...problemAnswers(...bodyProblems, 'refused'),
  },
};
const oneSchemas = {
  redrive: {
    ...{ operationId: 'redriveCollection', tags, summary: 'Start a failed collection again' },
    description: 'At the stage that failed, as a new run.',
  },
  cancel: {
    ...{ operationId: 'cancelCollection', tags, summary: 'End a collection that is under way' },
    description:
      'Whoever runs its collector or upload stops. It can be redriven; a recording that was made stays staged.',
  },
};

function oneSchema(name: keyof typeof oneSchemas): FastifySchema {
  return {
    ...oneSchemas[name],
    params: CollectionParams,
    body: Why,
    response: {
      202: jsonAnswer('It is in the log.', refTo(Acted)),
      ...problemAnswers(...bodyProblems, 'not-found', 'refused'),
    },
  };
}
