import { Type } from '@sinclair/typebox';
import { AlertReceived } from '../../events/alert-events.ts';
import { nullable, refTo, sequence, StoredEvent, time } from './common.ts';
import { State } from './collections.ts';

const Outcome = Type.Object(
  {
    decision: Type.Union(
      (['CollectionRequested', 'AlertAttached', 'CollectionSuppressed', 'AlertDeclined'] as const).map(
        (type) => Type.Literal(type),
      ),
      { description: 'Type of the event that decided it.' },
    ),
    at: time('when it was decided'),
    sequence: sequence('Of that event.'),
    collectionId: Type.Optional(Type.String({ description: 'The collection that answers the alert.' })),
    state: Type.Optional(State),
    reason: Type.Optional(Type.String({ description: 'Why there is none.' })),
    until: Type.Optional(time('end of the cooldown; the alert is decided again then')),
  },
  {
    description:
      'Absent: it led to nothing, is not decided yet, or was decided much later. `/api/v1/explain/{id}` knows.',
  },
);

const item = {
  id: Type.String({ description: 'Id of the AlertReceived: 64 hex digits.' }),
  sequence: sequence('Of the stream.'),
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
      Type.String({
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

export const Accepted = Type.Object(
  {
    accepted: Type.Integer(),
    duplicates: Type.Integer(),
    alerts: Type.Array(
      Type.Object({
        fingerprint: nullable(Type.String()),
        alertname: nullable(Type.String()),
        id: nullable(Type.String({ description: 'Id of the AlertReceived; null where it was rejected.' })),
        result: Type.Union([Type.Literal('accepted'), Type.Literal('duplicate'), Type.Literal('rejected')]),
        reason: Type.Optional(Type.String({ description: 'Why it was rejected.' })),
      }),
    ),
  },
  { $id: 'Accepted', description: 'What became of the alerts of a webhook, in its order.' },
);
