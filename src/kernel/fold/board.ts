import {
  type AnyEvent,
  decodeEvent,
  isEvent,
  type Stored,
  type StoredMessage,
  subjectOf,
} from '../../events/envelope.ts';
import { type Aggregate, ownEvents, subjectIn } from './aggregate.ts';
import { createEntries, type Entry } from './entries.ts';

/** The read model of one aggregate: every state of it, folded from the log. */
export interface Board<E extends AnyEvent, S> {
  /** Applies the next message of the stream, of whatever family. */
  apply: (message: StoredMessage) => void;
  /** Applies what this process has just appended behind the last event of its aggregate, before the log tells it. */
  applyOwn: (event: E, sequence: number) => void;
  /** `subject` as that function of the aggregate gives it. */
  entry: (subject: string) => Entry<S>;
  /** Resolves once that entry includes the sequence; rejects with BoardLags after the time. */
  whenApplied: (subject: string, sequence: number) => Promise<void>;
  /** Calls back whenever something was applied to that entry, until the function that it returns is called. */
  watch: (subject: string, onApplied: () => void) => () => void;
  /** Entries on it. */
  size: () => number;
  /** Forgets what has ended and of which the stream, which now begins at that sequence, holds nothing more. */
  forgetBefore: (firstSequence: number) => void;
  /** All of it as lines of text, as it is at the time of the call, however long the reading takes. */
  lines: () => Iterable<string>;
  /** Takes back such a line; the board is what it was once it has all of them. */
  load: (line: string) => void;
}

/** What else is folded from the same events, across entries. It learns of every event, also of those that changed nothing. */
export interface Index<E extends AnyEvent, S> {
  /** Marks its lines: small letters. */
  name: string;
  apply: (event: E & Stored, before: S, after: S) => void;
  forgetBefore: (firstSequence: number) => void;
  lines: () => Iterable<string>;
  load: (line: string) => void;
}

/** The board did not get to a sequence in time; the message is handed back and tried again. */
export class BoardLags extends Error {
  override readonly name = 'BoardLags';
}

export interface BoardOptions<E extends AnyEvent, S> {
  indexes?: readonly Index<E, S>[];
  /** Default 5,000. */
  waitTimeoutMs?: number;
  /** Told of messages that are no event of the catalogue. */
  onUnreadable?: ((message: StoredMessage, reason: string) => void) | undefined;
}

export function createBoard<Key, E extends AnyEvent, S, P extends object>(
  aggregate: Aggregate<Key, E, S, P>,
  { indexes = [], waitTimeoutMs = 5_000, onUnreadable }: BoardOptions<E, S> = {},
): Board<E, S> {
  const entries = createEntries(aggregate);
  const { whenApplied, watch, tell } = createWatchers(entries.lastSequence, waitTimeoutMs);
  const nothing: Entry<S> = { state: aggregate.initial, lastSequence: 0 };
  const own = ownEvents<E>(aggregate);

  const read = (message: StoredMessage): (E & Stored) | undefined => {
    const event = decodeEvent(message);
    if (!isEvent(event)) onUnreadable?.(message, event.message);
    return own(event);
  };
  const fold = (before: S, event: E & Stored): S => {
    const after = aggregate.evolve(before, event).state;
    for (const index of indexes) index.apply(event, before, after);
    return after;
  };
  const put = (subject: string, entry: Entry<S>) => {
    entries.set(subject, entry);
    tell(subject);
  };

  return {
    apply: (message) => {
      const subject = subjectIn(aggregate, message.subject);
      if (subject === undefined) return;
      const { state, lastSequence } = entries.get(subject) ?? nothing;
      if (message.sequence <= lastSequence) return;
      const event = read(message);
      put(subject, { state: event ? fold(state, event) : state, lastSequence: message.sequence });
    },
    applyOwn: (event, sequence) => {
      const subject = subjectIn(aggregate, subjectOf(event));
      if (subject === undefined) return;
      const { state, lastSequence } = entries.get(subject) ?? nothing;
      if (sequence <= lastSequence) return;
      // Only the follower knows when the server stored it; nothing that is folded asks for it.
      const stored = { ...event, sequence, storedAt: event.time };
      put(subject, { state: fold(state, stored), lastSequence: sequence });
    },
    entry: (subject) => entries.get(subject) ?? nothing,
    ...{ whenApplied, watch, size: entries.size },
    forgetBefore: (firstSequence) => {
      entries.forgetBefore(firstSequence);
      for (const index of indexes) index.forgetBefore(firstSequence);
    },
    lines: () => {
      const parts = [entries.lines(), ...indexes.map((index) => marked(index.name, index.lines()))];
      return (function* () {
        for (const part of parts) yield* part;
      })();
    },
    // An entry is an array; a line of an index begins with its name.
    load: (line) => {
      if (line.startsWith('[')) entries.load(line);
      else {
        const end = line.indexOf(' ');
        const name = line.slice(0, end);
        indexes.find((index) => index.name === name)?.load(line.slice(end + 1));
      }
    },
  };
}

function* marked(name: string, lines: Iterable<string>): Iterable<string> {
  for (const line of lines) yield `${name} ${line}`;
}

function createWatchers(lastSequence: (subject: string) => number, waitTimeoutMs: number) {
  const watchers = new Map<string, Set<() => void>>();
  const watch: Board<AnyEvent, unknown>['watch'] = (subject, onApplied) => {
    const watching = watchers.get(subject) ?? new Set();
    watchers.set(subject, watching);
    watching.add(onApplied);
    return () => {
      watching.delete(onApplied);
      if (watching.size === 0 && watchers.get(subject) === watching) watchers.delete(subject);
    };
  };
  const whenApplied = (subject: string, sequence: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const isApplied = () => lastSequence(subject) >= sequence;
      if (isApplied()) {
        resolve();
        return;
      }
      const end = (settle: () => void) => {
        clearTimeout(timer);
        unwatch();
        settle();
      };
      const unwatch = watch(subject, () => {
        if (isApplied()) end(resolve);
      });
      const timer = setTimeout(() => {
        end(() => reject(new BoardLags(`the board has not applied ${String(sequence)} of ${subject} yet`)));
      }, waitTimeoutMs);
    });
  const tell = (subject: string) => {
    for (const onApplied of watchers.get(subject) ?? []) onApplied();
  };
  return { watch, whenApplied, tell };
}
