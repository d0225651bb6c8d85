import type { StoredEvent } from '../../events/envelope.ts';

/** One step of a story that is told from events. */
export interface StepOf<Kind extends string> {
  /** RFC 3339: when it happened. */
  at: string;
  /** Stream sequence of the event; absent for what no event says. */
  sequence?: number;
  kind: Kind;
  sentence: string;
  details?: string[];
  /** Present where the state took no notice of the event: it came too late, or twice. */
  counts?: false;
  /** Present where it stands for several: how many, when the last of them happened (RFC 3339), and the first hundred of them. */
  count?: number;
  lastAt?: string;
  steps?: StepOf<Kind>[];
}

/** What one event says, in words. */
export type WordsOf<Kind extends string> = Pick<StepOf<Kind>, 'kind' | 'sentence' | 'details'>;

/** The steps of one event. `isIgnored`: its aggregate passed over it. */
export function stepsOf<Kind extends string>(
  { time: at, sequence }: StoredEvent,
  said: readonly WordsOf<Kind>[],
  isIgnored: boolean,
): StepOf<Kind>[] {
  if (!isIgnored) return said.map((words) => ({ at, sequence, ...words }));
  return said.map(({ sentence, ...words }) => {
    const late = `${sentence} (changes nothing: it came too late, or twice)`;
    return { at, sequence, ...words, sentence: late, counts: false as const };
  });
}

/** So many steps are kept of those that one stands for. */
const maxFolded = 100;

/** One step that stands for several, in their order; the caller says in words what they have in common. */
export function foldedStep<Kind extends string>(
  words: WordsOf<Kind>,
  count: number,
  steps: readonly StepOf<Kind>[],
): StepOf<Kind> {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) throw new Error('nothing cannot be folded');
  const { at, sequence } = first;
  const from = sequence === undefined ? { at } : { at, sequence };
  return { ...from, ...words, count, lastAt: last.at, steps: steps.slice(0, maxFolded) };
}
