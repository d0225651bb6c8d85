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
