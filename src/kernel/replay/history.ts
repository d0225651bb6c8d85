import { decodeEvent, isEvent, type StoredMessage } from '../../events/envelope.ts';
import { podSubjectOf } from '../../events/subjects.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../../collection/pod/machine.ts';
import { isPodEvent, type PodContext } from '../../collection/pod/context.ts';

/** One message of the stream, and what it did to its pod. */
export interface Entry {
  sequence: number;
  /** RFC 3339: JetStream's own time of the message. */
  storedAt: string;
  /** RFC 3339: when it happened, as the event says. */
  time: string;
  subject: string;
  type?: string;
  id?: string;
  data?: unknown;
  /** Why the message is no event. */
  unreadable?: string;
  /** False: the pod's machine passed over it. */
  changed: boolean;
  /** What the reactors do because of it, and a replay does not. */
  effects: string[];
  /** Null for what belongs to no pod. */
  before: PodState | null;
  after: PodState | null;
}

/** The state of a pod's machine and its context, as one object. */
export type PodState = PodContext & { value: PodSnapshot['value'] };

/** A fold that tells what each message does. Pure: the same messages give the same entries. */
export interface History {
  /** Takes the next message of the stream. A pod's state is right if all of its messages came, from the first on. */
  fold: (message: StoredMessage) => Entry;
  /** Pods so far. */
  size: () => number;
}

export function createHistory(): History {
  const snapshots = new Map<string, PodSnapshot>();
  return {
    fold: (message) => {
      const { sequence, storedAt, subject } = message;
      const pod = podSubjectOf(subject);
      const snapshot = (pod === undefined ? undefined : snapshots.get(pod)) ?? initialSnapshot;
      const before = pod === undefined ? null : stateOf(snapshot);
      const untouched = { before, after: before, changed: false, effects: [] };
      const event = decodeEvent(message);
      if (!isEvent(event)) {
        return { sequence, storedAt, time: storedAt, subject, unreadable: event.message, ...untouched };
      }
      const { time, type, id, data } = event;
      const told = { sequence, storedAt, time, subject, type, id, data };
      if (pod === undefined || !isPodEvent(event)) return { ...told, ...untouched };
      const next = evolve(snapshot, event);
      snapshots.set(pod, next.snapshot);
      const changed = next.snapshot !== snapshot;
      return { ...told, changed, effects: next.effects, before, after: stateOf(next.snapshot) };
    },
    size: () => snapshots.size,
  };
}

/** True for the events of one collection; the alerts that led to it and its pod's cooldown are not among them. */
export function isOfCollection({ data }: Entry, collectionId: string): boolean {
  return (
    typeof data === 'object' && data !== null && 'collectionId' in data && data.collectionId === collectionId
  );
}

function stateOf({ value, context }: PodSnapshot): PodState {
  return { value, ...context };
}
