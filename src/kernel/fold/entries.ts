import type { AnyEvent } from '../../events/envelope.ts';
import type { Aggregate } from './aggregate.ts';

/** What the log says of one aggregate. */
export interface Entry<S> {
  state: S;
  /** Sequence of the last message under its subject, known or not; 0 where there is none. */
  lastSequence: number;
}

/** One of them as a line of text: what a snapshot is made of, and how those at rest are kept. */
type Packed<P> = readonly [subject: string, lastSequence: number, isResting: boolean, state: P];
/** What tells one at rest without reading all of its line. */
const restingLine = /^\["([^"\\]+)",(\d+),true,/;

/** All of one aggregate. Those at rest for longest are kept as text: a fifth of the memory, and read again when asked for. */
export interface Entries<S> {
  get: (subject: string) => Entry<S> | undefined;
  lastSequence: (subject: string) => number;
  set: (subject: string, entry: Entry<S>) => void;
  size: () => number;
  /** Forgets those at rest of which the stream, which now begins at that sequence, holds nothing more. */
  forgetBefore: (firstSequence: number) => void;
  /** Each as a line, as they are at the time of the call, however long the reading takes. */
  lines: () => Iterable<string>;
  /** Takes back such a line. */
  load: (line: string) => void;
}

/** Beyond so many, those at rest are packed, a tenth at once. */
const maxAwake = 20_000;

export function createEntries<S, P extends object>(
  aggregate: Pick<Aggregate<never, AnyEvent, S, P>, 'isResting' | 'pack' | 'unpack'>,
): Entries<S> {
  const { isResting } = aggregate;
  // In the order of their last change.
  const awake = new Map<string, Entry<S>>();
  const packed = new Map<string, { lastSequence: number; line: string }>();

  const pack = (subject: string, { lastSequence, state }: Entry<S>): string => {
    const line: Packed<P> = [subject, lastSequence, isResting(state), aggregate.pack(state)];
    return JSON.stringify(line);
  };
  const unpack = (line: string): [string, Entry<S>] => {
    const [subject, lastSequence, , state] = JSON.parse(line) as Packed<P>;
    return [subject, { lastSequence, state: aggregate.unpack(state) }];
  };
  const packOldest = () => {
    let left = maxAwake / 10;
    for (const [subject, entry] of awake) {
      if (left-- <= 0) return;
      awake.delete(subject);
      // Those under way go behind the others, so that they are not looked at each time.
      if (!isResting(entry.state)) awake.set(subject, entry);
      else packed.set(subject, { lastSequence: entry.lastSequence, line: pack(subject, entry) });
    }
  };

  return {
    get: (subject) => {
      const entry = awake.get(subject);
      if (entry) return entry;
      const line = packed.get(subject)?.line;
      return line === undefined ? undefined : unpack(line)[1];
    },
    lastSequence: (subject) => (awake.get(subject) ?? packed.get(subject))?.lastSequence ?? 0,
    set: (subject, entry) => {
      packed.delete(subject);
      awake.delete(subject);
      awake.set(subject, entry);
      if (awake.size > maxAwake) packOldest();
    },
    size: () => awake.size + packed.size,
    forgetBefore: (firstSequence) => {
      for (const [subject, { lastSequence }] of packed) {
        if (lastSequence < firstSequence) packed.delete(subject);
      }
      for (const [subject, { lastSequence, state }] of awake) {
        if (lastSequence < firstSequence && isResting(state)) awake.delete(subject);
      }
    },
    lines: () => {
      const [sleeping, waking] = [[...packed.values()], [...awake]];
      return (function* () {
        for (const { line } of sleeping) yield line;
        for (const [subject, entry] of waking) yield pack(subject, entry);
      })();
    },
    load: (line) => {
      const [, resting, lastSequence] = restingLine.exec(line) ?? [];
      if (resting !== undefined) packed.set(resting, { lastSequence: Number(lastSequence), line });
      else awake.set(...unpack(line));
    },
  };
}
