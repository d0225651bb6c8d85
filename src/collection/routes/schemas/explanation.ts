import { Type } from '@sinclair/typebox';
import { nullable, sequence, time } from '../../../http/schemas/common.ts';

const alert = {
  alertname: Type.Optional(Type.String()),
  fingerprint: Type.String(),
  startsAt: Type.String({ description: 'RFC 3339, as it was sent.' }),
};

const step = {
  at: time('when it happened'),
  sequence: Type.Optional(sequence('Stream sequence of the event; absent for what no event says.')),
  kind: Type.String(),
  sentence: Type.String(),
  details: Type.Optional(Type.Array(Type.String())),
  counts: Type.Optional(Type.Literal(false, { description: 'The pod took no notice of the event.' })),
};

const Chapter = Type.Object({
  pod: Type.Optional(
    Type.Object(
      { kubeContext: Type.String(), namespace: Type.String(), pod: Type.String() },
      { description: 'What it is about; absent where nothing names a pod.' },
    ),
  ),
  alerts: Type.Array(Type.Object(alert)),
  moreAlerts: Type.Integer({ description: 'So many alerts of the collection are left out.' }),
  collectionId: Type.Optional(Type.String()),
  outcome: Type.Object({
    kind: Type.String({
      description: 'uploaded, failed, running, waiting, uploading, suppressed, declined, …',
    }),
    sentence: Type.String(),
    action: Type.Optional(Type.String({ description: 'What to do about it, where that is known.' })),
  }),
  steps: Type.Array(
    Type.Object({
      ...step,
      count: Type.Optional(Type.Integer({ description: 'Present where it stands for so many.' })),
      lastAt: Type.Optional(time('when the last of them happened')),
      steps: Type.Optional(Type.Array(Type.Object(step), { description: 'The first hundred of them.' })),
    }),
  ),
});

export const Explanation = Type.Object(
  {
    asked: Type.Object(
      { kind: Type.String() },
      { additionalProperties: true, description: 'What was asked, as it was understood.' },
    ),
    at: time('when it was asked'),
    stream: Type.Object({
      name: Type.String(),
      firstSequence: sequence('First sequence of the stream.'),
      lastSequence: sequence('Last sequence of the stream.'),
      firstAt: Type.Optional(nullable(time('of the first message'))),
      lastAt: Type.Optional(nullable(time('of the last message'))),
    }),
    pods: Type.Array(
      Type.Object({
        kubeContext: Type.String(),
        namespace: Type.String(),
        pod: Type.String(),
        sentence: Type.String(),
      }),
    ),
    chapters: Type.Array(Chapter, { description: 'Newest first.' }),
    more: Type.Integer({ description: 'So many older chapters are left out.' }),
  },
  { $id: 'Explanation', description: 'Why there is a recording, or none, in words and times.' },
);
