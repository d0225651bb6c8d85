import { type CollectionState, collectionStates } from '../../book/collection-state.ts';
import type { Index } from '../../kernel/fold/board.ts';
import type { PodEvent } from './context.ts';
import type { PodSnapshot } from './machine.ts';
import { list, type SummaryFilter, type SummaryPage } from './summary-list.ts';
import { type CollectionSummary, type Share, summaryAfter, summaryOf } from './summary.ts';

/** How many collections are in a state, and since when the one is that has been in it for longest (RFC 3339). */
export interface StateCount {
  count: number;
  oldest?: string;
}

/** The index of collections. */
export interface Summaries extends Index<PodEvent, PodSnapshot> {
  get: (id: string) => CollectionSummary | undefined;
  /** Newest first. `next` is present where there are more; what is requested meanwhile does not move it. */
  list: (filter: SummaryFilter) => SummaryPage;
  /** All of them, about in the order of their requests. */
  all: () => Iterable<CollectionSummary>;
  /** Goes through all of them. */
  countByState: () => Record<CollectionState, StateCount>;
}

/**
 * The index of collections, bounded: beyond `limit` the oldest ended ones leave it (their events stay on the stream).
 * It learns only of events that the pod's machine took, so that there is one fold and not two.
 */
export function createSummaries(limit: number): Summaries {
  const byId = new Map<string, CollectionSummary>();
  const share = sharing();
  return {
    name: 'collection',
    apply: (event, before, after) => {
      if (event.type === 'CollectionSuppressed' || event.type === 'CooldownElapsed' || before === after)
        return;
      if (event.type === 'CollectionRequested') {
        byId.set(event.data.collectionId, summaryOf(event, share));
        if (byId.size > limit) evict(byId, limit);
        return;
      }
      const known = byId.get(event.data.collectionId);
      if (known) byId.set(known.id, summaryAfter(known, event, share));
    },
    get: (id) => byId.get(id),
    list: (filter) => list(byId.values(), filter),
    all: () => byId.values(),
    countByState: () => countByState(byId.values()),
    forgetBefore: (firstSequence) => {
      for (const { id, endedAt, lastSequence } of byId.values()) {
        if (endedAt !== undefined && lastSequence < firstSequence) byId.delete(id);
      }
    },
    lines: () => {
      const summaries = [...byId.values()];
      return (function* () {
        for (const summary of summaries) yield JSON.stringify(summary);
      })();
    },
    load: (line) => {
      const summary = JSON.parse(line) as CollectionSummary;
      byId.set(summary.id, withShared(summary, share));
    },
  };
}

/** A snapshot has every text as often as it is told. */
function withShared(summary: CollectionSummary, share: Share): CollectionSummary {
  const { kubeContext, namespace, alertname, collector, rule, error } = summary;
  const { stage, code, message } = error ?? {};
  return {
    ...summary,
    ...{ kubeContext: share(kubeContext), namespace: share(namespace) },
    ...(alertname === undefined ? {} : { alertname: share(alertname) }),
    ...{ collector: share(collector), rule: share(rule) },
    ...(stage && code !== undefined && message !== undefined
      ? { error: { stage, code: share(code), message: share(message) } }
      : {}),
  };
}

/** Most of these texts are those of thousands of other collections. */
const maxShared = 10_000;

function sharing(): Share {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    if (texts.size >= maxShared) texts.clear();
    texts.set(text, text);
    return text;
  };
}

function countByState(summaries: Iterable<CollectionSummary>): Record<CollectionState, StateCount> {
  const counts = Object.fromEntries(collectionStates.map((state) => [state, { count: 0 }])) as Record<
    CollectionState,
    StateCount
  >;
  for (const { state, since = '' } of summaries) {
    const counted = counts[state];
    counted.count += 1;
    if (since !== '' && (counted.oldest === undefined || since < counted.oldest)) counted.oldest = since;
  }
  return counts;
}

// A tenth at once, so that a full index does not search at every new collection.
function evict(byId: Map<string, CollectionSummary>, limit: number): void {
  for (const summary of byId.values()) {
    if (byId.size <= limit * 0.9) return;
    if (summary.endedAt !== undefined) byId.delete(summary.id);
  }
}
