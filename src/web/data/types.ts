// The shapes that the page works with are those of the service. Of answers whose schema needs the whole HTTP layer, what the
// page reads is said here.
import type { OutcomeKind } from '../../alerts/kinds.ts';
import type { EventType } from '../../events/catalogue.ts';
import type { Recording } from '../../events/data/collection.ts';
import type { Pod } from '../../events/subjects.ts';
import type { EventError } from '../../events/data/error.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import type { CollectionSummary } from '../../collection/pod/summary.ts';
import type { ReplayedItem } from '../../collection/read/replayed.ts';

export type { Chapter, Explanation, Outcome, Step } from '../../collection/explain/explanation.ts';
export type { AlertGroup } from '../../alerts/groups.ts';
export type { OutcomeKind };
export type { SummaryCounts as Counted } from '../../collection/pod/summary-counts.ts';
export type { EventError, EventType, Plan, Pod, Recording };
export type Summary = CollectionSummary;
export type State = CollectionSummary['state'];

/** An event as the feed and the story tell it. */
export type FeedEvent = {
  [T in EventType]: Pick<StoredEvent<T>, 'sequence' | 'id' | 'type' | 'time' | 'data'>;
}[EventType];

/** A collection on the page. */
export interface Item extends Summary {
  /** Its events that the page knows, in their order. */
  events: FeedEvent[];
  /** True: these are all of them, from the first. */
  isWhole: boolean;
}

export interface Store {
  items: ReadonlyMap<string, Item>;
  /** Sequence of the last event that was applied. */
  lastSequence: number;
}

/** What the attempts of a collection have come to. Times are RFC 3339. */
export interface Progress {
  run: number;
  attempts: number;
  /** Start of the attempt under way, while it records. */
  startedAt?: string;
  /** When the recording was there, while it is brought to its destination. */
  collectedAt?: string;
  lastError?: EventError;
  retryAt?: string;
  plan?: Plan;
  recording?: Recording;
  alerts: number;
}

export type ReplayLine = ReplayedItem;

/** What a list is narrowed to, by the names of the API. Several states stand with commas between them. */
export type Filter = Readonly<Record<string, string>>;

/** What `/ready` says. */
export interface Health {
  status: 'ready' | 'not-ready' | 'unreachable' | 'unknown';
  checks: Record<string, string>;
  /** What keeps no work from it, and is to be known. */
  details?: { name: string; sentence: string; action: string }[];
}

export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'paused';

/** What the address says: which view, and what of it. */
export interface Place {
  view:
    | 'now'
    | 'alerts'
    | 'alert'
    | 'recordings'
    | 'recording'
    | 'pods'
    | 'pod'
    | 'settings'
    | 'search'
    | 'missing';
  /** The parts of its path. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}

/** What the search found. */
export interface Hit {
  kind: 'pod' | 'namespace' | 'alertname' | 'alert' | 'collection';
  text: string;
  detail: string;
  id?: string;
  kubeContext?: string;
  namespace?: string;
  pod?: string;
}

/** A source of alerts, as configured and as heard. */
export interface ShownSource {
  name: string;
  format: string;
  paths: string[];
  auth: string;
  lastAlertAt?: string;
  lastHeardAt?: string;
  silentAfterSeconds?: number;
  silentSince?: string;
}

/** An alert as `alerts` lists it. */
export interface ListedAlert extends Partial<Pod> {
  id: string;
  alertname: string | null;
  status: string;
  storedAt: string;
  became?: OutcomeKind;
  outcome?: {
    decision: string;
    collectionId?: string;
    state?: State;
    reason?: string;
    pods?: unknown[];
  };
}

/** A pod as `pods` lists it. */
export interface ListedPod extends Pod {
  state: string;
  collections: Partial<Record<State, number>>;
  last: {
    id: string;
    state: State;
    alertname?: string;
    requestedAt: string;
    endedAt?: string;
    error?: { code: string };
  };
  cooldownUntil?: string;
}

/** A row of `collections` as it is configured, and what it does. */
export interface ConfiguredRow {
  name: string;
  match: string[];
  collector: string;
  driver: string;
  durationSeconds: number;
  cooldownSeconds: number;
  maxAttempts: number;
  collections: Partial<Record<State, number>>;
  lastAt?: string;
  canRecord: boolean;
  problem?: string;
}

/** What an alert with some labels would lead to. */
export interface RowMatch {
  row?: string;
  because: string;
  rows: { name: string; matches: boolean; failed?: string }[];
}
