import { Type } from '@sinclair/typebox';
import { State } from './collection-state.ts';

const literals = (types: readonly string[]) => types.map((type) => Type.Literal(type));
const podDecisions = ['CollectionRequested', 'AlertAttached', 'CollectionSuppressed'];
const decision = Type.Union(
  literals([...podDecisions, 'AlertDeclined', 'TargetsRequested', 'TargetsFound']),
  {
    description:
      'Type of the event that decided it. TargetsRequested: the pods of its StatefulSet are looked for; TargetsFound: `pods` has what was decided on each.',
  },
);
const collectionId = Type.Optional(Type.String({ description: 'The collection that answers the alert.' }));
const reason = Type.Optional(Type.String({ description: 'Why there is none.' }));
const until = Type.Optional(
  Type.String({
    format: 'date-time',
    description: 'RFC 3339: end of the cooldown; the alert is decided again then.',
  }),
);

const decided = { collectionId, state: Type.Optional(State), reason, until };

/** What an alert has led to, in answers of the API. */
export const outcomeFields = { decision, ...decided };

/** The same of one pod of an alert about a StatefulSet. */
export const podFields = {
  pod: Type.String({ description: 'Name of the pod.' }),
  decision: Type.Optional(
    Type.Union(literals(podDecisions), {
      description: 'Absent: it is left out, and `reason` says why; or it is not decided on yet.',
    }),
  ),
  ...decided,
};
