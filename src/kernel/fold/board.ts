import {
  decodeEvent,
  type Event,
  isEvent,
  type StoredEvent,
  type StoredMessage,
} from '../../events/envelope.ts';
import type { CollectionEventType } from '../../events/catalogue.ts';
import { podSubject, podSubjectOf } from '../../events/subjects.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../../collection/pod/machine.ts';
import { isPodEvent } from '../../collection/pod/context.ts';
import { type Cooldowns, createCooldowns } from '../../collection/pod/cooldowns.ts';
import { createPodEntries, type PodEntry } from './entries.ts';
import { createSummaries, type Summaries } from '../../collection/pod/summaries.ts';

/** The read model: every pod's state, folded from `aw.collection.>`. */
export interface Board {
  apply: (message: StoredMessage) => void;
  /** Applies what this process has just appended behind the last event of that pod, before the log tells it. */
  applyOwn: (event: Event<CollectionEventType>, sequence: number) => void;
  /** `podSubject` as the function of that name gives it. */
  entry: (podSubject: string) => PodEntry;
  /** Resolves once that pod's entry includes the sequence; rejects with BoardLags after the time. */
  whenApplied: (podSubject: string, sequence: number) => Promise<void>;
  /** Calls back whenever something was applied to that pod, until the function that it returns is called. */
  watch: (podSubject: string, onApplied: () => void) => () => void;
  /** Pods on it. */
  size: () => number;
  /** Forgets what has ended and of which the stream, which now begins at that sequence, holds nothing more. */
  forgetBefore: (firstSequence: number) => void;
  /** All of it as lines of text, as it is at the time of the call, however long the reading takes. */
  lines: () => Iterable<string>;
  /** Takes back such a line; the board is what it was once it has all of them. */
  load: (line: string) => void;
  summaries: Summaries;
  cooldowns: Cooldowns;
}

/** The board did not get to a sequence in time; the message is handed back and tried again. */
export class BoardLags extends Error {
  override readonly name = 'BoardLags';
}

export interface BoardOptions {
  /** How many collections the index keeps. */
  maxSummaries?: number;
  waitTimeoutMs?: number;
  /** Told of messages that are no event of the catalogue. */
  onUnreadable?: (message: StoredMessage, reason: string) => void;
}

const nothing: PodEntry = { snapshot: initialSnapshot, lastSequence: 0 };

export function createBoard(options: BoardOptions = {}): Board {
  const { maxSummaries = 100_000, waitTimeoutMs = 5_000 } = options;
  const pods = createPodEntries();
  const watchers = new Map<string, Set<() => void>>();
  const summaries = createSummaries(maxSummaries);
  const cooldowns = createCooldowns();

  const read = (message: StoredMessage): StoredEvent<CollectionEventType> | undefined => {
    const event = decodeEvent(message);
    if (!isEvent(event)) options.onUnreadable?.(message, event.message);
    return isEvent(event) && isPodEvent(event) ? event : undefined;
  };
  const fold = (snapshot: PodSnapshot, event: StoredEvent<CollectionEventType>): PodSnapshot => {
    const after = evolve(snapshot, event).snapshot;
    summaries.apply(event, snapshot, after);
    if (after !== snapshot || event.type === 'CooldownElapsed') cooldowns.apply(event);
    return after;
  };
  const put = (podSubject: string, entry: PodEntry) => {
    pods.set(podSubject, entry);
    for (const onApplied of watchers.get(podSubject) ?? []) onApplied();
  };
  const watch: Board['watch'] = (podSubject, onApplied) => {
    const watching = watchers.get(podSubject) ?? new Set();
    watchers.set(podSubject, watching);
    watching.add(onApplied);
    return () => {
      watching.delete(onApplied);
      if (watching.size === 0 && watchers.get(podSubject) === watching) watchers.delete(podSubject);
    };
  };

  return {
    apply: (message) => {
      const pod = podSubjectOf(message.subject);
      if (pod === undefined) return;
      const { snapshot, lastSequence } = pods.get(pod) ?? nothing;
      if (message.sequence <= lastSequence) return;
      const event = read(message);
      put(pod, { snapshot: event ? fold(snapshot, event) : snapshot, lastSequence: message.sequence });
    },
    applyOwn: (event, sequence) => {
      const pod = podSubject(event.data);
      const { snapshot, lastSequence } = pods.get(pod) ?? nothing;
      if (sequence <= lastSequence) return;
      // Only the follower knows when the server stored it; nothing that is folded asks for it.
      const stored = { ...event, sequence, storedAt: event.time };
      put(pod, { snapshot: fold(snapshot, stored), lastSequence: sequence });
    },
    entry: (podSubject) => pods.get(podSubject) ?? nothing,
    whenApplied: (podSubject, sequence) =>
      new Promise((resolve, reject) => {
        const isApplied = () => pods.lastSequence(podSubject) >= sequence;
        if (isApplied()) {
          resolve();
          return;
        }
        const end = (settle: () => void) => {
          clearTimeout(timer);
          unwatch();
          settle();
        };
        const unwatch = watch(podSubject, () => {
          if (isApplied()) end(resolve);
        });
        const timer = setTimeout(() => {
          end(() =>
            reject(new BoardLags(`the board has not applied ${String(sequence)} of ${podSubject} yet`)),
          );
        }, waitTimeoutMs);
      }),
    watch,
    size: pods.size,
    forgetBefore: (firstSequence) => {
      pods.forgetBefore(firstSequence);
      summaries.forgetBefore(firstSequence);
      cooldowns.forgetBefore(firstSequence);
    },
    lines: () => {
      const parts = [pods.lines(), summaries.lines(), cooldowns.lines()];
      return (function* () {
        for (const part of parts) yield* part;
      })();
    },
    // A collection is an object, a pod an array that begins with its name, one that waits an array that begins with another.
    load: (line) => {
      if (line.startsWith('[[')) cooldowns.load(line);
      else if (line.startsWith('[')) pods.load(line);
      else summaries.load(line);
    },
    summaries,
    cooldowns,
  };
}
