import type { EventType } from '../catalogue.ts';
import { alertNotes } from './alert.ts';
import { collectionNotes } from './collection.ts';
import { policyNotes } from './policy.ts';
import { rejectedNotes } from './rejected.ts';
import { sourceNotes } from './source.ts';
import { targetsNotes } from './targets.ts';
import type { Notes } from './note.ts';

/** What the documents say of every event besides its schema. */
export const notes: Record<EventType, Notes> = {
  ...alertNotes,
  ...collectionNotes,
  ...targetsNotes,
  ...policyNotes,
  ...sourceNotes,
  ...rejectedNotes,
};
