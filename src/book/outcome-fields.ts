import { Type } from '@sinclair/typebox';
import { State } from './collection-state.ts';

const decision = Type.Union(
  (['CollectionRequested', 'AlertAttached', 'CollectionSuppressed', 'AlertDeclined'] as const).map((type) =>
    Type.Literal(type),
  ),
  { description: 'Type of the event that decided it.' },
);
const collectionId = Type.Optional(Type.String({ description: 'The collection that answers the alert.' }));
const reason = Type.Optional(Type.String({ description: 'Why there is none.' }));
const until = Type.Optional(
  Type.String({
    format: 'date-time',
    description: 'RFC 3339: end of the cooldown; the alert is decided again then.',
  }),
);

/** What an alert has led to, in answers of the API. */
export const outcomeFields = { decision, collectionId, state: Type.Optional(State), reason, until };
