import { initialSnapshot, podMachine, type PodSnapshot } from '../../collection/pod/machine.ts';
import type { PodContext } from '../../collection/pod/context.ts';

/** What the log says of one pod. */
export interface PodEntry {
  snapshot: PodSnapshot;
  /** Sequence of the last message under the pod's prefix, known or not; 0 where there is none. */
  lastSequence: number;
}

/** A pod as one line of text: what a snapshot of the board is made of, and how pods at rest are kept. */
type Packed = readonly [
  podSubject: string,
  lastSequence: number,
  isResting: boolean,
  value: PodSnapshot['value'],
  PodContext,
];
/** What tells a pod at rest without reading all of its line. */
const restingLine = /^\["([^"\\]+)",(\d+),true,/;

/** The pods of the board. Those at rest for longest are kept as text: a fifth of the memory, and read again when asked for. */
export interface PodEntries {
  get: (podSubject: string) => PodEntry | undefined;
  lastSequence: (podSubject: string) => number;
  set: (podSubject: string, entry: PodEntry) => void;
  size: () => number;
  /** Forgets pods at rest of which the stream, which now begins at that sequence, holds nothing more. */
  forgetBefore: (firstSequence: number) => void;
  /** Every pod as a line, as they are at the time of the call, however long the reading takes. */
  lines: () => Iterable<string>;
  /** Takes back such a line. */
  load: (line: string) => void;
}

/** Beyond so many, pods at rest are packed, a tenth at once. */
const maxAwake = 20_000;

export function createPodEntries(): PodEntries {
  // In the order of their last change.
  const awake = new Map<string, PodEntry>();
  const packed = new Map<string, { lastSequence: number; line: string }>();

  const packOldest = () => {
    let left = maxAwake / 10;
    for (const [podSubject, entry] of awake) {
      if (left-- <= 0) return;
      awake.delete(podSubject);
      // Those under way go behind the others, so that they are not looked at each time.
      if (!isResting(entry.snapshot)) awake.set(podSubject, entry);
      else packed.set(podSubject, { lastSequence: entry.lastSequence, line: pack(podSubject, entry) });
    }
  };

  return {
    get: (podSubject) => {
      const entry = awake.get(podSubject);
      if (entry) return entry;
      const line = packed.get(podSubject)?.line;
      return line === undefined ? undefined : unpack(line)[1];
    },
    lastSequence: (podSubject) => (awake.get(podSubject) ?? packed.get(podSubject))?.lastSequence ?? 0,
    set: (podSubject, entry) => {
      packed.delete(podSubject);
      awake.delete(podSubject);
      awake.set(podSubject, entry);
      if (awake.size > maxAwake) packOldest();
    },
    size: () => awake.size + packed.size,
    forgetBefore: (firstSequence) => {
      for (const [podSubject, { lastSequence }] of packed) {
        if (lastSequence < firstSequence) packed.delete(podSubject);
      }
      for (const [podSubject, { lastSequence, snapshot }] of awake) {
        if (lastSequence < firstSequence && isResting(snapshot)) awake.delete(podSubject);
      }
    },
    lines: () => {
      const [sleeping, waking] = [[...packed.values()], [...awake]];
      return (function* () {
        for (const { line } of sleeping) yield line;
        for (const [podSubject, entry] of waking) yield pack(podSubject, entry);
      })();
    },
    load: (line) => {
      const [, resting, lastSequence] = restingLine.exec(line) ?? [];
      if (resting !== undefined) packed.set(resting, { lastSequence: Number(lastSequence), line });
      else awake.set(...unpack(line));
    },
  };
}

function isResting({ value, context }: PodSnapshot): boolean {
  return value === 'idle' && Object.keys(context.uploads).length === 0;
}

function pack(podSubject: string, { lastSequence, snapshot }: PodEntry): string {
  const { value, context } = snapshot;
  const packed: Packed = [podSubject, lastSequence, isResting(snapshot), value, context];
  return JSON.stringify(packed);
}

function unpack(line: string): [string, PodEntry] {
  const [podSubject, lastSequence, , value, context] = JSON.parse(line) as Packed;
  const snapshot =
    value === initialSnapshot.value
      ? { ...initialSnapshot, context }
      : podMachine.resolveState({ value, context });
  return [podSubject, { lastSequence, snapshot }];
}
