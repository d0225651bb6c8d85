import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { Trigger } from './collection.ts';
import { EventError } from './error.ts';
import { count, time } from './fields.ts';
import { Plan } from './plan.ts';

const search = {
  kubeContext: Type.String({ description: 'Label kube_context: the cluster of the StatefulSet.' }),
  namespace: Type.String({ description: 'Label namespace.' }),
  sts: Type.String({ description: 'Label sts: the StatefulSet.' }),
  searchId: Type.String({
    description:
      'The search: `<alertId>@<receivedAt in nanoseconds>`. Ids of what is decided about its pods begin with it.',
  }),
};

const searchEvent = <T extends TProperties>(properties: T, description: string) =>
  Type.Object({ ...search, ...properties }, { description });

const request = {
  trigger: Trigger,
  plan: Plan,
  since: time('when the stream took the alert; its age is counted from then'),
};

export const TargetsRequested = searchEvent(
  request,
  'The policy wants recordings of the pods of a StatefulSet: its alert names no pod.',
);

export const TargetsAttemptFailed = searchEvent(
  {
    attempt: count('Counts from 1.'),
    error: EventError,
    retryAt: Type.Optional(time('the next attempt is not before; absent: there is none')),
  },
  'The pods of a StatefulSet could not be found.',
);

export const LeftOut = Type.Object(
  {
    pod: Type.String({ description: 'Name of the pod.' }),
    reason: Type.Union(
      ['not-found', 'not-running', 'one', 'max', 'answered', 'retried'].map((reason) => Type.Literal(reason)),
      {
        description:
          'not-found: the StatefulSet should have it, and there is no such pod. not-running: it has not started, or it has ended. one: another pod stands for it. max: there are more pods than `max` of the plan. answered: a recording of it was requested for this alert and has not failed; that of another pod did. retried: its recordings failed as often as `retryOnRepeat` of the plan allows.',
      },
    ),
    message: Type.String({ description: 'The same for people.' }),
  },
  { description: 'A pod of the StatefulSet that is not recorded for this alert.' },
);

export const TargetsFound = searchEvent(
  {
    ...request,
    attempt: count('Counts from 1.'),
    pods: Type.Array(Type.String(), {
      description: 'Names of the pods. Each is decided on as if the alert had named it.',
    }),
    leftOut: Type.Array(LeftOut, { description: 'Pods that are not recorded for this alert, and why.' }),
    tookMs: count('Milliseconds that the attempt took.'),
  },
  'The pods that an alert about a StatefulSet stands for.',
);

export const TargetsNotFound = searchEvent(
  { attempts: count('So many were made.'), error: EventError },
  'No pod of the StatefulSet was found, and the search has ended: the alert is declined (AlertDeclined).',
);

export type LeftOut = Static<typeof LeftOut>;
export type TargetsRequestedData = Static<typeof TargetsRequested>;
