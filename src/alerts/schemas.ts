import { type TInteger, Type } from '@sinclair/typebox';
import { AlertReceived } from '../events/data/alert.ts';
import { nullable, refTo, sequence, StoredEvent, time } from '../http/schemas/common.ts';
import { outcomeFields, podFields } from '../book/outcome-fields.ts';
import { type OutcomeKind, outcomeKinds } from './kinds.ts';

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
  became: Type.Optional(
    Type.Union(
      outcomeKinds.map((kind) => Type.Literal(kind)),
      { description: 'What became of it, in one word, as in the groups; absent for a resolved one.' },
    ),
  ),
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

/** What finds alerts as it is typed. */
export const prefix = Type.Optional(
  Type.String({
    maxLength: 1_000,
    description: 'The alertname, fingerprint or pod begins so, in small or capital letters.',
  }),
);

const kindWords: Record<OutcomeKind, string> = {
  recorded: 'A collection was requested.',
  attached: 'A recording that was under way answers them.',
  suppressed: 'They came in a cooldown, or too late.',
  declined: 'They matched a row and could not be recorded.',
  unmatched: 'No row of `collections` means them: by the rows that the service has now.',
  searching: 'The pods of their StatefulSet are looked for.',
  undecided: 'They match a row, and no decision is found (yet).',
};

const Group = Type.Object({
  alertname: nullable(Type.String({ description: 'Label alertname; null: they have none.' })),
  namespace: nullable(Type.String({ description: 'Label namespace; null: they have none.' })),
  alerts: Type.Integer({
    description: 'How many: `firing` and `resolved` together. A fingerprint that began to fire twice is two.',
  }),
  firing: Type.Integer({ description: 'Those that were not told resolved since.' }),
  resolved: Type.Integer(),
  fingerprints: Type.Integer({ description: 'How many different alerts.' }),
  firstAt: time('when the first of them was stored'),
  lastAt: time('when the last of them was stored'),
  outcomes: Type.Object(
    Object.fromEntries(
      outcomeKinds.map((kind) => [kind, Type.Integer({ description: kindWords[kind] })]),
    ) as Record<OutcomeKind, TInteger>,
    { description: 'What the firing ones have led to: each is in one.' },
  ),
  reasons: Type.Array(Type.Object({ reason: Type.String(), count: Type.Integer() }), {
    description: 'Why some were declined or suppressed: five at most, most first.',
  }),
  latestId: Type.String({ description: 'Id of the newest.' }),
  pods: Type.Array(Type.String(), { description: 'Names of their pods, five at most.' }),
  morePods: Type.Integer({ description: 'How many others there are.' }),
});

export const AlertGroups = Type.Object(
  {
    items: Type.Array(Group, { description: 'The one with the newest alert first.' }),
    since: time('where it begins'),
    downTo: Type.Optional(
      sequence('There was no time for all: alerts before this sequence of the stream are not in it.'),
    ),
    asOf: sequence('Sequence of the stream up to which this is right.'),
  },
  { $id: 'AlertGroups' },
);
