import type { StoredEvent } from '../events/envelope.ts';
import type { CollectionEventType } from '../events/catalogue.ts';
import type { PodSnapshot } from './machine.ts';

export const collectionStates = [
  ...(['requested', 'collecting', 'uploading'] as const),
  ...(['uploaded', 'failed', 'cancelled'] as const),
];
export type CollectionState = (typeof collectionStates)[number];

/** Nothing more happens unless somebody asks for it. */
export function hasEnded(state: CollectionState): boolean {
  return state === 'uploaded' || state === 'failed' || state === 'cancelled';
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
  /** Sequences of its first and its last event so far. */
  firstSequence: number;
  lastSequence: number;
}

export interface Filter {
  state?: CollectionState | undefined;
  pod?: string | undefined;
  namespace?: string | undefined;
  /** At most this many. */
  limit: number;
  /** Only those requested before this one. */
  after?: string | undefined;
}

export interface Summaries {
  apply: (event: StoredEvent<CollectionEventType>, before: PodSnapshot, after: PodSnapshot) => void;
  get: (id: string) => CollectionSummary | undefined;
  /** Newest first. */
  list: (filter: Filter) => { items: CollectionSummary[]; next?: string };
  /** Forgets what has ended before that sequence. */
  forgetBefore: (firstSequence: number) => void;
  /** Every collection as a line, as they are at the time of the call. */
  lines: () => Iterable<string>;
  load: (line: string) => void;
}

type Lived = Exclude<CollectionEventType, 'CollectionSuppressed' | 'CooldownElapsed'>;

/**
 * The index of collections, bounded: beyond `limit` the oldest ended ones leave it (their events stay on the stream).
 * It learns only of events that the pod's machine took, so that there is one fold and not two.
 */
export function createSummaries(limit: number): Summaries {
  const byId = new Map<string, CollectionSummary>();
  return {
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
      const { endedAt: _, ...rest } = known;
      const state = stateAfter(event, known.state);
      const ended = hasEnded(state) ? { endedAt: event.time } : {};
      byId.set(known.id, { ...rest, state, lastSequence: event.sequence, ...ended });
    },
    get: (id) => byId.get(id),
    list: (filter) => list([...byId.values()], filter),
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

function list(summaries: CollectionSummary[], filter: Filter) {
  const { state, pod, namespace, limit, after } = filter;
  const newestFirst = summaries.reverse();
  const start = after === undefined ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
  const found = newestFirst
    .slice(after !== undefined && start === 0 ? newestFirst.length : start)
    .filter(
      (summary) => (state === undefined || summary.state === state) && isNamed(summary, pod, namespace),
    );
  const items = found.slice(0, limit);
  const next = found.length > limit ? items.at(-1)?.id : undefined;
  return next === undefined ? { items } : { items, next };
}

function isNamed(
  summary: CollectionSummary,
  pod: string | undefined,
  namespace: string | undefined,
): boolean {
  return (
    (pod === undefined || summary.pod === pod) && (namespace === undefined || summary.namespace === namespace)
  );
}

// A tenth at once, so that a full index does not search at every new collection.
function evict(byId: Map<string, CollectionSummary>, limit: number): void {
  for (const summary of byId.values()) {
    if (byId.size <= limit * 0.9) return;
    if (summary.endedAt !== undefined) byId.delete(summary.id);
  }
}
