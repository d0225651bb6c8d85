import { type CollectionState, collectionStates } from '../../book/collection-state.ts';
import { beginsWith } from './summary-list.ts';
import { podTextOf } from './summary-counts.ts';
import type { CollectionSummary } from './summary.ts';

/** What the collections of one pod come to. */
export interface PodActivity {
  state: 'idle' | 'collecting' | 'uploading';
  collections: Record<CollectionState, number>;
  /** The collection that was requested last. */
  last: CollectionSummary;
  /** Sequence of the last event of any of them. */
  lastSequence: number;
}

export interface ActivityFilter {
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  /** The pod or its namespace begins so, in small or capital letters. */
  prefix?: string | undefined;
  limit: number;
  /** Only those that were last active before this sequence: `next` of the page before. */
  before?: number | undefined;
}

/** A page of the pods that have collections, last active first. Pure. */
export function podsActive(
  summaries: Iterable<CollectionSummary>,
  { limit, before = Number.POSITIVE_INFINITY, ...filter }: ActivityFilter,
): { items: PodActivity[]; next?: number } {
  const pods = new Map<string, PodActivity>();
  const isMeant = meantBy(filter);
  for (const summary of summaries) {
    if (!isMeant(summary)) continue;
    const key = podTextOf(summary);
    const known = pods.get(key) ?? begin(summary);
    pods.set(key, known);
    add(known, summary);
  }
  const active = [...pods.values()].filter(({ lastSequence }) => lastSequence < before);
  active.sort((a, b) => b.lastSequence - a.lastSequence);
  const items = active.slice(0, limit);
  const next = active.length > limit ? items.at(-1)?.lastSequence : undefined;
  return { items, ...(next === undefined ? {} : { next }) };
}

function meantBy({ kubeContext, namespace, prefix }: Omit<ActivityFilter, 'limit' | 'before'>) {
  const small = prefix?.toLowerCase();
  return (summary: CollectionSummary): boolean =>
    (kubeContext === undefined || summary.kubeContext === kubeContext) &&
    (namespace === undefined || summary.namespace === namespace) &&
    (small === undefined || beginsWith(summary.pod, small) || beginsWith(summary.namespace, small));
}

function begin(last: CollectionSummary): PodActivity {
  const none = collectionStates.map((state) => [state, 0]);
  const collections = Object.fromEntries(none) as PodActivity['collections'];
  return { state: 'idle', collections, last, lastSequence: 0 };
}

function add(pod: PodActivity, summary: CollectionSummary): void {
  const { state, firstSequence, lastSequence } = summary;
  pod.collections[state] += 1;
  if (state === 'requested' || state === 'collecting') pod.state = 'collecting';
  else if (state === 'uploading' && pod.state === 'idle') pod.state = 'uploading';
  if (firstSequence > pod.last.firstSequence) pod.last = summary;
  pod.lastSequence = Math.max(pod.lastSequence, lastSequence);
}
