import type { CollectionEventType } from '../../events/catalogue.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { podSubject } from '../../events/subjects.ts';
import type { About, Note } from './promises.ts';

export type CollectionEvent = StoredEvent<CollectionEventType>;

/** The run that an event belongs to. The names of a collection and a run hold the pod: an id counts on its own pod only. */
export interface RunRef {
  about: About & { collectionId: string; run: number; pod: string };
  collection: string;
  key: string;
}

/**
 * What is there of the history. Where old messages are gone the stream begins in the middle, and of a collection whose
 * request is not there any more it cannot be said what is missing.
 */
export interface AuditHistory {
  /** Told of the sequence of every message. */
  see: (sequence: number) => void;
  apply: (event: CollectionEvent) => void;
  /** True: what was before the first message is gone. */
  isCut: () => boolean;
  /** True: this collection may have been requested before the history begins. */
  mayBePast: (collection: string) => boolean;
  /** True: this run may have begun before the history begins. */
  mayHaveBegun: (ref: RunRef) => boolean;
  notes: () => Note[];
}

/** `firstSequence` is that of the stream; absent, that of the first message counts. */
export function createHistory(firstSequence?: number): AuditHistory {
  let first = firstSequence;
  const requested = new Set<string>();
  const begun = new Set<string>();
  const past = new Map<string, Note>();
  const isCut = () => (first ?? 1) > 1;
  const mayBePast = (collection: string) => isCut() && !requested.has(collection);
  return {
    see: (sequence) => {
      first ??= sequence;
    },
    apply: (event) => {
      const collection = collectionOf(event);
      if (collection === undefined || !('collectionId' in event.data)) return;
      if (event.type === 'CollectionRequested') requested.add(collection);
      const ref = runRefOf(event);
      if (ref && begins(event)) begun.add(ref.key);
      if (!mayBePast(collection) || past.has(collection)) return;
      const what = 'was requested before the stream begins: checked as far as its events go';
      const { collectionId } = event.data;
      past.set(collection, { what, collectionId, pod: podOf(event), sequences: [event.sequence] });
    },
    isCut,
    mayBePast,
    mayHaveBegun: ({ collection, key }) => mayBePast(collection) && !begun.has(key),
    notes: () => {
      if (!isCut()) return [];
      const what = `the stream begins at sequence ${String(first)}: what was before cannot be checked`;
      return [{ what, sequences: [] }, ...past.values()];
    },
  };
}

/** True for the two events with which a run begins. */
export function begins(event: CollectionEvent): boolean {
  return event.type === 'CollectionRequested' || event.type === 'CollectionRedriven';
}

/** The run of an event; undefined for events that belong to none. */
export function runRefOf(event: CollectionEvent): RunRef | undefined {
  const collection = collectionOf(event);
  if (collection === undefined || !('collectionId' in event.data)) return undefined;
  if (event.type === 'CollectionRequested') return refOf(event, collection, event.data.collectionId, 1);
  if (!('run' in event.data)) return undefined;
  return refOf(event, collection, event.data.collectionId, event.data.run);
}

/** The name of the run of that number. */
export function runKey(collection: string, run: number): string {
  return `${collection}/${String(run)}`;
}

/** The name of the collection that an event is about; undefined for events about an alert alone. */
export function collectionOf({ data }: CollectionEvent): string | undefined {
  return 'collectionId' in data ? `${podSubject(data)}/${data.collectionId}` : undefined;
}

export function podOf({ data: { kubeContext, namespace, pod } }: CollectionEvent): string {
  return `${kubeContext}/${namespace}/${pod}`;
}

function refOf(event: CollectionEvent, collection: string, collectionId: string, run: number): RunRef {
  return { about: { collectionId, run, pod: podOf(event) }, collection, key: runKey(collection, run) };
}
