import { podSubject } from '../../events/subjects.ts';
import type { PodBoard } from '../pod/board.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/**
 * How many requested collections of other pods have their turn before this one and have not started; undefined where the
 * board does not know it.
 */
export function waitingBefore(board: PodBoard, collectionId: string): number | undefined {
  const own = board.summaries.get(collectionId);
  if (!own) return undefined;
  const ownTurn = turnOf(board, own);
  const { items } = board.summaries.list({ state: ['requested'], limit: Number.MAX_SAFE_INTEGER });
  return items.filter((other) => podSubject(other) !== podSubject(own) && turnOf(board, other) < ownTurn)
    .length;
}

/** The sequence of the event that asks for the work. A redriven collection stands where its last event stands. */
function turnOf(board: PodBoard, summary: CollectionSummary): number {
  const { current } = board.entry(podSubject(summary)).state.context;
  return current && current.run > 1 ? summary.lastSequence : summary.firstSequence;
}
