import { BoardLags } from '../../kernel/fold/board.ts';
import { LogUnavailable } from '../../log/errors.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import type { RedriveResult } from './redrive.ts';

/** What became of each of many. */
export interface RedrivenAll {
  matched: number;
  redriven: { collectionId: string; run: number }[];
  refused: { collectionId: string; reason: string }[];
  /** So many were not tried. */
  more: number;
}

/** One takes some milliseconds, and whoever asked waits. What is refused costs less. */
const maxRedriven = 500;
const maxTried = 5_000;

/**
 * Redrives collections one by one, the oldest first. Where the log fails on the way, the rest is not tried, and counted in
 * `more`. Throws LogUnavailable or BoardLags where it fails for the first.
 */
export async function redriveAll(
  meant: readonly CollectionSummary[],
  redrive: (collectionId: string) => Promise<RedriveResult>,
): Promise<RedrivenAll> {
  const oldestFirst = meant.toSorted((a, b) => a.firstSequence - b.firstSequence);
  const all: RedrivenAll = { matched: meant.length, redriven: [], refused: [], more: 0 };
  const tried = () => all.redriven.length + all.refused.length;
  for (const { id: collectionId } of oldestFirst.slice(0, maxTried)) {
    if (all.redriven.length === maxRedriven) break;
    try {
      const result = await redrive(collectionId);
      if ('refused' in result) all.refused.push({ collectionId, reason: result.refused });
      else all.redriven.push({ collectionId, run: result.redriven.data.run });
    } catch (error) {
      const isPassing = error instanceof LogUnavailable || error instanceof BoardLags;
      if (!isPassing || tried() === 0) throw error;
      break;
    }
  }
  return { ...all, more: meant.length - tried() };
}
