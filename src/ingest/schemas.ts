import { Type } from '@sinclair/typebox';
import { outcomeFields, podFields } from '../book/outcome-fields.ts';
import { EventError } from '../events/data/error.ts';
import { nullable } from '../http/schemas/common.ts';

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

const recorded = {
  url: Type.Optional(Type.String({ description: 'Where the recording is, once it is uploaded.' })),
  error: Type.Optional(EventError),
};

const Ending = Type.Object(
  {
    ended: Type.Boolean({ description: 'Nothing more comes of it, as far as it can be told now.' }),
    ...{ ...outcomeFields, decision: nullable(outcomeFields.decision) },
    ...recorded,
    pods: Type.Optional(
      Type.Array(Type.Object({ ...podFields, ...recorded }), {
        description: 'Of an alert about a StatefulSet: its pods, once they are found.',
      }),
    ),
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
