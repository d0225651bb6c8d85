import { allFilters, type EventType } from '../../events/catalogue.ts';
import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../../events/envelope.ts';
import { filtersAboutCollection, filtersAboutPod, filtersOfTypes, namesPod } from '../../events/filters.ts';
import type { Pod } from '../../events/subjects.ts';

/** Which events a reader of the feed wants; absent: all. */
export interface FeedFilter {
  types?: readonly EventType[];
  pod?: Pod;
  collectionId?: string;
  /** The pod of that collection, where it is known: less is read to catch up. */
  podOfCollection?: Pod;
}

/** A message of the stream as the feed tells it. */
export interface FeedMessage {
  event: StoredEvent;
  /** As Server-Sent Events have it. */
  frame: string;
}

const told = new WeakMap<StoredMessage, FeedMessage | null>();

/** Null for timers and for what is no event of the catalogue. Made once for all readers. */
export function feedMessageOf(message: StoredMessage): FeedMessage | null {
  const known = told.get(message);
  if (known !== undefined) return known;
  const made = make(message);
  told.set(message, made);
  return made;
}

function make(message: StoredMessage): FeedMessage | null {
  if (message.subject.startsWith('aw.schedule.')) return null;
  const event = decodeEvent(message);
  if (!isEvent(event)) return null;
  const { sequence, id, type, time, storedAt, source, traceparent, data } = event;
  const { subject } = message;
  const json = JSON.stringify({ sequence, subject, id, type, time, storedAt, source, traceparent, data });
  return { event, frame: frameOf(sequence, type, json) };
}

/** One Server-Sent Event. `json` has no line breaks. */
export function frameOf(id: number, event: string, json: string): string {
  return `id: ${String(id)}\nevent: ${event}\ndata: ${json}\n\n`;
}

export function isWanted({ types, pod, collectionId }: FeedFilter, { event }: FeedMessage): boolean {
  if (types && !types.includes(event.type)) return false;
  if (collectionId !== undefined) {
    return 'collectionId' in event.data && event.data.collectionId === collectionId;
  }
  return !pod || isOf(event, pod);
}

function isOf({ data }: StoredEvent, pod: Pod): boolean {
  if ('labels' in data) {
    const { labels } = data;
    const label = (name: string) => (Object.hasOwn(labels, name) ? labels[name] : undefined);
    return (
      label('pod') === pod.pod &&
      label('namespace') === pod.namespace &&
      label('kube_context') === pod.kubeContext
    );
  }
  return namesPod(data, pod);
}

/** The subjects to read for a filter: more than is wanted, never less. None overlap. */
export function subjectsOf({ types, pod, collectionId, podOfCollection }: FeedFilter): string[] {
  if (types) return filtersOfTypes(types, podOfCollection ?? pod);
  if (collectionId !== undefined) return filtersAboutCollection(podOfCollection ?? pod);
  return pod ? filtersAboutPod(pod) : allFilters();
}
