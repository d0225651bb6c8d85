import type { EventTypeOf, FamilyName } from '../catalogue.ts';

/** What the schema of an event does not say: when it is written, and what stands around it. */
export interface Notes {
  /** When it is written: the end of a sentence. */
  written: string;
  /** Its id with <parts>. */
  id: string;
  before: string;
  after: string;
}

/** Those of all events of a family. */
export type NotesOf<Name extends FamilyName> = Record<EventTypeOf<Name>, Notes>;
