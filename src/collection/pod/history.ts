import { createHistory, foldOf, type History, type HistoryEntry } from '../../kernel/replay/history.ts';
import { podAggregate, type PodState } from './aggregate.ts';

/** One message, and what it did to its pod. */
export type PodHistoryEntry = HistoryEntry<PodState>;

/** Every state of every pod. */
export function createPodHistory(): History<PodState> {
  return createHistory(foldOf(podAggregate));
}

/** True for the events of one collection; the alerts that led to it and its pod's cooldown are not among them. */
export function isOfCollection({ data }: HistoryEntry, collectionId: string): boolean {
  return (
    typeof data === 'object' && data !== null && 'collectionId' in data && data.collectionId === collectionId
  );
}
