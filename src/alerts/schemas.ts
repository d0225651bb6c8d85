import { Type } from '@sinclair/typebox';
import { AlertReceived } from '../events/data/alert.ts';
import { EventError } from '../events/data/error.ts';
import { nullable, refTo, sequence, StoredEvent, time } from '../http/schemas/common.ts';
import { State } from '../collection/routes/schemas/collections.ts';

const decision = Type.Union(
  (['CollectionRequested', 'AlertAttached', 'CollectionSuppressed', 'AlertDeclined'] as const).map((type) =>
    Type.Literal(type),
  ),
  { description: 'Type of the event that decided it.' },
);
const collectionId = Type.Optional(Type.String({ description: 'The collection that answers the alert.' }));
const reason = Type.Optional(Type.String({ description: 'Why there is none.' }));
const until = Type.Optional(time('end of the cooldown; the alert is decided again then'));

const Outcome = Type.Object(
  {
    ...{ decision, at: time('when it was decided'), sequence: sequence('Of that event.'), collectionId },
    ...{ state: Type.Optional(State), reason, until },
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

const result = {
  fingerprint: nullable(Type.String()),
  alertname: nullable(Type.String()),
  id: nullable(
    Type.String({
      description:
        'Id of the AlertReceived; null where it is not stored, or was stored earlier under a time that this process cannot look up.',
    }),
  ),
  result: Type.Union(
    (['accepted', 'renewed', 'duplicate', 'filtered', 'rejected'] as const).map((each) => Type.Literal(each)),
    {
      description:
        'renewed: it was stored before, is told again, and that is news (AlertRenewed). duplicate: a repeat that says nothing new. filtered: the matchers of the source do not match; it is not stored.',
    },
  ),
  reason: Type.Optional(Type.String({ description: 'Why it was not taken.' })),
};

const counts = {
  accepted: Type.Integer(),
  renewed: Type.Integer(),
  duplicates: Type.Integer(),
  filtered: Type.Integer(),
};

export const Accepted = Type.Object(
  { ...counts, alerts: Type.Array(Type.Object(result)) },
  { $id: 'Accepted', description: 'What became of the alerts of a webhook, in its order.' },
);

const Ending = Type.Object(
  {
    ended: Type.Boolean({ description: 'Nothing more comes of it, as far as it can be told now.' }),
    decision: nullable(decision),
    ...{ collectionId, state: Type.Optional(State), reason, until },
    url: Type.Optional(Type.String({ description: 'Where the recording is, once it is uploaded.' })),
    error: Type.Optional(EventError),
  },
  {
    description:
      'Of an alert that is stored. `decision` is null where it is not decided, or leads to nothing.',
  },
);

export const AlertsEnded = Type.Object(
  {
    ...counts,
    ended: Type.Boolean({ description: 'True: all of them have ended.' }),
    alerts: Type.Array(
      Type.Object({
        ...result,
        outcome: Type.Optional(Ending),
        links: Type.Optional(
          Type.Object(
            { alert: Type.Optional(Type.String()), collection: Type.Optional(Type.String()) },
            { description: 'Paths of the API, which processes with the role api serve.' },
          ),
        ),
      }),
    ),
  },
  { $id: 'AlertsEnded', description: 'What became of the alerts of a webhook, and what they led to.' },
);
