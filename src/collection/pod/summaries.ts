import type { StoredEvent } from '../../events/envelope.ts';
import type { CollectionEventType } from '../../events/catalogue.ts';
import { type CollectionState, collectionStates, hasEnded } from '../../book/collection-state.ts';
import type { Index } from '../../kernel/fold/board.ts';
import type { PodEvent } from './context.ts';
import type { PodSnapshot } from './machine.ts';

/** How many collections are in a state, and since when the one is that has been in it for longest (RFC 3339). */
export interface StateCount {
  count: number;
  oldest?: string;
}

/** What the index keeps of one collection; the rest is a replay of its range of the log. */
export interface CollectionSummary {
  id: string;
  state: CollectionState;
  kubeContext: string;
  namespace: string;
  pod: string;
  alertname?: string;
  /** RFC 3339. */
  requestedAt: string;
  /** RFC 3339; present once it is uploaded or failed. */
  endedAt?: string;
  /** When it came into its state, RFC 3339; absent once it has ended. */
  since?: string;
  /** Present where the recording is a sample and not one of the pod. */
  simulated?: true;
  /** Sequences of its first and its last event so far. */
  firstSequence: number;
  lastSequence: number;
}

export interface SummaryFilter {
  state?: CollectionState | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  alertname?: string | undefined;
  /** Milliseconds since 1970: requested then or later, then or earlier. */
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
  /** At most this many. */
  limit: number;
  /** Only those that were requested before this one: `next` of the page before. */
  before?: number | undefined;
}

/** The index of collections. */
export interface Summaries extends Index<PodEvent, PodSnapshot> {
  get: (id: string) => CollectionSummary | undefined;
  /** Newest first. `next` is present where there are more; what is requested meanwhile does not move it. */
  list: (filter: SummaryFilter) => { items: CollectionSummary[]; next?: number };
  /** Goes through all of them. */
  countByState: () => Record<CollectionState, StateCount>;
}

type Lived = Exclude<CollectionEventType, 'CollectionSuppressed' | 'CooldownElapsed'>;

/**
 * The index of collections, bounded: beyond `limit` the oldest ended ones leave it (their events stay on the stream).
 * It learns only of events that the pod's machine took, so that there is one fold and not two.
 */
export function createSummaries(limit: number): Summaries {
  const byId = new Map<string, CollectionSummary>();
  return {
    name: 'collection',
    apply: (event, before, after) => {
      if (event.type === 'CollectionSuppressed' || event.type === 'CooldownElapsed' || before === after)
        return;
      if (event.type === 'CollectionRequested') {
        byId.set(event.data.collectionId, summaryOf(event));
        if (byId.size > limit) evict(byId, limit);
        return;
      }
      const known = byId.get(event.data.collectionId);
      if (!known) return;
      const { endedAt: _, since, ...rest } = known;
      const state = stateAfter(event, known.state);
      // Absent in snapshots of earlier versions.
      const inState = state === known.state ? (since ?? known.requestedAt) : event.time;
      const times = hasEnded(state) ? { endedAt: event.time } : { since: inState };
      const simulated =
        event.type === 'JfrCollected' && event.data.recording.simulated ? { simulated: true as const } : {};
      byId.set(known.id, { ...rest, state, lastSequence: event.sequence, ...times, ...simulated });
    },
    get: (id) => byId.get(id),
    list: (filter) => list(byId.values(), filter),
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
      byId.set(summary.id, summary);
    },
  };
}

function summaryOf({ data, time, sequence }: StoredEvent<'CollectionRequested'>): CollectionSummary {
  const { collectionId: id, kubeContext, namespace, pod, trigger } = data;
  return {
    id,
    state: 'requested',
    kubeContext,
    namespace,
    pod,
    ...(trigger.alertname === undefined ? {} : { alertname: trigger.alertname }),
    requestedAt: time,
    since: time,
    firstSequence: sequence,
    lastSequence: sequence,
  };
}

function stateAfter(event: StoredEvent<Lived>, state: CollectionState): CollectionState {
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return 'collecting';
    case 'JfrCollected':
      return 'uploading';
    case 'Uploaded':
      return 'uploaded';
    case 'CollectionFailed':
      return event.data.cancelled ? 'cancelled' : 'failed';
    case 'CollectionRedriven':
      return event.data.stage === 'collect' ? 'requested' : 'uploading';
    case 'CollectionRequested':
    case 'AlertAttached':
    case 'CollectionAttemptFailed':
    case 'UploadAttemptFailed':
      return state;
  }
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

function list(summaries: Iterable<CollectionSummary>, { limit, sinceMs, untilMs, ...filter }: SummaryFilter) {
  const named: CollectionSummary[] = [];
  for (const summary of summaries) if (isNamed(summary, filter)) named.push(summary);
  // They are nearly in order: what this process appends itself, it learns of earlier.
  named.sort((a, b) => b.firstSequence - a.firstSequence);
  const items: CollectionSummary[] = [];
  for (const summary of named) {
    // Last, and no more than needed: reading a time takes longer than all the rest.
    if (sinceMs !== undefined && Date.parse(summary.requestedAt) < sinceMs) continue;
    if (untilMs !== undefined && Date.parse(summary.requestedAt) > untilMs) continue;
    const next = items.at(-1)?.firstSequence;
    if (items.length === limit && next !== undefined) return { items, next };
    items.push(summary);
  }
  return { items };
}

function isNamed(
  summary: CollectionSummary,
  filter: Omit<SummaryFilter, 'limit' | 'sinceMs' | 'untilMs'>,
): boolean {
  const { state, kubeContext, namespace, pod, alertname, before } = filter;
  const isAny = (wanted: string | undefined, actual: string | undefined) =>
    wanted === undefined || wanted === actual;
  return (
    (before === undefined || summary.firstSequence < before) &&
    isAny(state, summary.state) &&
    isAny(pod, summary.pod) &&
    isAny(namespace, summary.namespace) &&
    isAny(kubeContext, summary.kubeContext) &&
    isAny(alertname, summary.alertname)
  );
}

// A tenth at once, so that a full index does not search at every new collection.
function evict(byId: Map<string, CollectionSummary>, limit: number): void {
  for (const summary of byId.values()) {
    if (byId.size <= limit * 0.9) return;
    if (summary.endedAt !== undefined) byId.delete(summary.id);
  }
}
