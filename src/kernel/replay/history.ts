import { type AnyEvent, decodeEvent, isEvent, type StoredMessage } from '../../events/envelope.ts';
import { type Aggregate, ownEvents, subjectIn } from '../fold/aggregate.ts';

/** One message of the stream, and what it did to its aggregate. */
export interface HistoryEntry<P extends object = object> {
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
  /** False: its aggregate passed over it. */
  changed: boolean;
  /** What the reactors do because of it, and a replay does not. */
  effects: string[];
  /** The packed state; null for what belongs to no aggregate. */
  before: P | null;
  after: P | null;
}

/** A fold that tells what each message does. Pure: the same messages give the same entries. */
export interface History<P extends object = object> {
  /** Takes the next message of the stream. A state is right if all of its messages came, from the first on. */
  fold: (message: StoredMessage) => HistoryEntry<P>;
  /** Aggregates so far. */
  size: () => number;
}

type Folded = Pick<HistoryEntry, 'changed' | 'effects' | 'before' | 'after'>;
const untouched: Folded = { changed: false, effects: [], before: null, after: null };

/** A history of these aggregates; messages of others belong to none. */
export function createHistory<P extends object>(...folds: readonly HistoryFold<P>[]): History<P> {
  return {
    fold: (message) => {
      const { sequence, storedAt, subject } = message;
      const read = decodeEvent(message);
      const told = isEvent(read)
        ? { time: read.time, subject, type: read.type, id: read.id, data: read.data }
        : { time: storedAt, subject, unreadable: read.message };
      const [folded = untouched] = folds.flatMap((fold) => fold.apply(subject, read) ?? []);
      return { sequence, storedAt, ...told, ...folded } as HistoryEntry<P>;
    },
    size: () => folds.reduce((sum, { size }) => sum + size(), 0),
  };
}

/** One aggregate within a history. */
export interface HistoryFold<P extends object> {
  apply: (subject: string, read: ReturnType<typeof decodeEvent>) => Folded | undefined;
  size: () => number;
  /** Says which states it gives; there is none. */
  packed?: P;
}

/** Every state of an aggregate, from its first event on. */
export function foldOf<Key, E extends AnyEvent, S, P extends object>(
  aggregate: Aggregate<Key, E, S, P>,
): HistoryFold<P> {
  const states = new Map<string, S>();
  const own = ownEvents<E>(aggregate);
  return {
    apply: (messageSubject, read) => {
      const subject = subjectIn(aggregate, messageSubject);
      if (subject === undefined) return undefined;
      const state = states.get(subject) ?? aggregate.initial;
      const before = aggregate.pack(state);
      const event = own(read);
      if (!event) return { before, after: before, changed: false, effects: [] };
      const next = aggregate.evolve(state, event);
      states.set(subject, next.state);
      const { effects } = next;
      return { changed: next.state !== state, effects, before, after: aggregate.pack(next.state) };
    },
    size: () => states.size,
  };
}
