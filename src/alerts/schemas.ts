import { Type } from '@sinclair/typebox';
import { AlertReceived } from '../events/data/alert.ts';
import { nullable, refTo, sequence, StoredEvent, time } from '../http/schemas/common.ts';
import { outcomeFields, podFields } from '../book/outcome-fields.ts';

const Outcome = Type.Object(
  {
    ...{
      decision: outcomeFields.decision,
      at: time('when it was decided'),
      sequence: sequence('Stream sequence of that event.'),
    },
    ...outcomeFields,
    pods: Type.Optional(
      Type.Array(
        Type.Object({
          ...podFields,
          at: Type.Optional(time('when it was decided')),
          sequence: Type.Optional(sequence('Stream sequence of that event.')),
        }),
        { description: 'Of an alert about a StatefulSet: its pods, once they are found.' },
      ),
    ),
  },
  {
    description:
      'Absent: it led to nothing, is not decided yet, or was decided much later. `/api/v1/explain/{id}` knows.',
  },
);

const item = {
  id: Type.String({ description: 'Id of the AlertReceived: 64 hex digits.' }),
  sequence: sequence('Stream sequence.'),
  storedAt: time('when the stream took it'),
  alertname: nullable(Type.String({ description: 'Label alertname.' })),
  kubeContext: Type.Optional(
    Type.String({ description: 'This and the next three: absent where labels name no pod.' }),
  ),
  namespace: Type.Optional(Type.String()),
  pod: Type.Optional(Type.String()),
  sts: Type.Optional(Type.String()),
  ...AlertReceived.properties,
  outcome: Type.Optional(Outcome),
};

export const AlertItem = Type.Object(item, { $id: 'AlertItem', description: 'An alert as it was stored.' });

export const AlertPage = Type.Object(
  {
    items: Type.Array(refTo(AlertItem), { description: 'Newest first.' }),
    next: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          '`after` of the next page; absent: there is none. A search that takes 2 s ends with a shorter page, even an empty one.',
      }),
    ),
  },
  { $id: 'AlertPage' },
);

export const Alert = Type.Object(
  {
    ...item,
    events: Type.Array(refTo(StoredEvent), {
      description: 'Every event about this episode of the alert, in order.',
    }),
  },
  { $id: 'Alert' },
);
