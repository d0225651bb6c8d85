import { deciding } from './ablations/deciding.ts';
import { bareTransitions } from './ablations/transitions.ts';
import { handingOver } from './ablations/handing-over.ts';
import { publishing } from './ablations/publishing.ts';
import { startingPrograms } from './ablations/starting-programs.ts';
import { type Figure, median } from './report.ts';
import type { Bench } from './run.ts';
import { openBenchWorld } from './world.ts';

/** The same work twice: with a mechanism of our own, and with what the library has for it. */
export interface Ablation {
  what: string;
  /** Measures a sample of each; less is better. */
  measure: () => Promise<{ own: number; without: number }>;
  /** A number as it is shown, with its unit. */
  show: (value: number) => string;
}

/** A mechanism that buys less than this is not worth its lines. */
const leastGain = 0.1;

/** Interleaved, the first of each as a warm-up, so that a change of the machine meets both. */
async function figureOf({ what, measure, show }: Ablation, samples: number): Promise<Figure> {
  const own: number[] = [];
  const without: number[] = [];
  for (let sample = 0; sample <= samples; sample += 1) {
    const each = await measure();
    if (sample === 0) continue;
    own.push(each.own);
    without.push(each.without);
  }
  const ratio = median(own) / median(without);
  return {
    ...{ what, measured: show(median(own)), ceiling: show(median(without)), ratio },
    ...{ goal: `≤ ${String(1 - leastGain)}`, met: ratio <= 1 - leastGain },
  };
}

export const ablationsBench: Bench = {
  name: 'ablations',
  title: 'What each mechanism of our own buys: the same work with it, and with what the library has',
  columns: ['with it', 'without it'],
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const { connection } = await openBenchWorld(ends, { profileTo });
    const figures: Figure[] = [];
    const ablations = [
      ...publishing(connection),
      deciding(connection),
      ...handingOver(connection),
      ...startingPrograms(ends),
      bareTransitions,
    ];
    for (const ablation of ablations) figures.push(await figureOf(ablation, samples));
    return figures;
  },
};
