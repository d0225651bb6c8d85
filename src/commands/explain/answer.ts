import { type Static, Type } from '@sinclair/typebox';
import type { Asked } from '../../collection/explain/explanation.ts';

const optional = Type.Optional(Type.String());
const perhaps = Type.Optional(Type.Union([Type.String(), Type.Null()]));

const Stream = Type.Object({
  ...{ name: Type.String(), firstSequence: Type.Integer(), lastSequence: Type.Integer() },
  ...{ firstAt: perhaps, lastAt: perhaps },
});

const step = {
  ...{ at: Type.String(), sequence: Type.Optional(Type.Integer()), sentence: Type.String() },
  ...{ details: Type.Optional(Type.Array(Type.String())), counts: Type.Optional(Type.Literal(false)) },
};

const Chapter = Type.Object({
  pod: Type.Optional(
    Type.Object({ kubeContext: Type.String(), namespace: Type.String(), pod: Type.String() }),
  ),
  alerts: Type.Array(
    Type.Object({ alertname: optional, fingerprint: Type.String(), startsAt: Type.String() }),
  ),
  moreAlerts: Type.Integer(),
  collectionId: optional,
  outcome: Type.Object({ kind: Type.String(), sentence: Type.String(), action: optional }),
  steps: Type.Array(
    Type.Object({
      ...step,
      count: Type.Optional(Type.Integer()),
      steps: Type.Optional(Type.Array(Type.Object(step))),
    }),
  ),
});

/** What the text of an explanation needs of the API's answer, which may be that of another version. */
export const ExplanationAnswer = Type.Object({
  ...{ at: Type.String(), stream: Stream, chapters: Type.Array(Chapter), more: Type.Integer() },
  pods: Type.Array(
    Type.Object({
      ...{ kubeContext: Type.String(), namespace: Type.String() },
      ...{ pod: Type.String(), sentence: Type.String() },
    }),
  ),
});

/** The answer where nothing is found. */
export const NothingAnswer = Type.Object({ stream: Stream });
/** The answer where several pods have the name. */
export const SeveralAnswer = Type.Object({ pods: Type.Array(Type.String()) });

/** An explanation, from here or from a service. */
export type Explained = Static<typeof ExplanationAnswer> & { asked: Asked };
