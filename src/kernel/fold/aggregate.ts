import {
  type AnyEvent,
  isEvent,
  type Stored,
  type StoredEvent,
  type Unreadable,
} from '../../events/envelope.ts';
import { prefixOf } from '../../events/subjects.ts';

/** What an event does to a state. Ignored: the same state object. */
export interface Evolved<S> {
  state: S;
  /** Names of what has to be done because of it. A replay does none of them. */
  effects: string[];
}

/**
 * What is decided on as one: which events are its own and how they change its state. Pure.
 *
 * @typeParam Key names one of them
 * @typeParam E its events
 * @typeParam S its state
 * @typeParam P its state as JSON: in snapshots and in replays
 */
export interface Aggregate<Key, E extends AnyEvent, S, P extends object = object> {
  /** Names its snapshots: small letters. */
  name: string;
  /** What the subjects of its events begin with, such as `aw.alert`; so many tokens of the key follow. */
  family: string;
  keyTokens: number;
  /** The family and the tokens of a key: what all of its subjects begin with. */
  subject: (key: Key) => string;
  types: readonly E['type'][];
  initial: S;
  evolve: (state: S, event: E & Partial<Stored>) => Evolved<S>;
  /** True where nothing is under way: it may be packed, and forgotten with its last event. */
  isResting: (state: S) => boolean;
  pack: (state: S) => P;
  unpack: (packed: P) => S;
  /** The files of `evolve`, `pack` and `unpack`: a snapshot that other files have written is of no use. */
  sources: readonly URL[];
}

/** An aggregate where its key, events and state do not matter. */
export type AnyAggregate = Pick<
  Aggregate<never, AnyEvent, never>,
  'name' | 'family' | 'keyTokens' | 'types' | 'sources'
>;

/** What the subject begins with of the one that a message belongs to; undefined where it belongs to none. */
export function subjectIn({ family, keyTokens }: AnyAggregate, subject: string): string | undefined {
  return prefixOf(subject, family, keyTokens);
}

/** Makes a check for the events that an aggregate folds. */
export function ownEvents<E extends AnyEvent>({ types }: { types: readonly E['type'][] }) {
  const own: ReadonlySet<string> = new Set(types);
  return (read: StoredEvent | Unreadable): (E & Stored) | undefined =>
    isEvent(read) && own.has(read.type) ? (read as AnyEvent as E & Stored) : undefined;
}
