import { type Board, type BoardOptions, createBoard } from '../../kernel/fold/board.ts';
import { podAggregate } from './aggregate.ts';
import type { PodEvent } from './context.ts';
import { type Cooldowns, createCooldowns } from './cooldowns.ts';
import type { PodSnapshot } from './machine.ts';
import { createSummaries, type Summaries } from './summaries.ts';

/** Every pod, with the index of collections and that of the alerts that wait for a cooldown. */
export interface PodBoard extends Board<PodEvent, PodSnapshot> {
  summaries: Summaries;
  cooldowns: Cooldowns;
}

export interface PodBoardOptions extends Omit<BoardOptions<PodEvent, PodSnapshot>, 'indexes'> {
  /** How many collections the index keeps. */
  maxSummaries?: number;
}

export function createPodBoard({ maxSummaries = 100_000, ...options }: PodBoardOptions = {}): PodBoard {
  const summaries = createSummaries(maxSummaries);
  const cooldowns = createCooldowns();
  return {
    ...createBoard(podAggregate, { ...options, indexes: [summaries, cooldowns] }),
    summaries,
    cooldowns,
  };
}
