// The shapes that the page works with are those of the service; there is no second copy of them.
import type { EventType } from '../events/catalogue.ts';
import type { Recording } from '../events/data/collection.ts';
import type { EventError } from '../events/data/error.ts';
import type { Plan } from '../events/data/plan.ts';
import type { StoredEvent } from '../events/envelope.ts';
import type { CollectionSummary } from '../collection/pod/summaries.ts';
import type { ReplayedItem } from '../collection/read/replayed.ts';

export type { Chapter, Explanation, Outcome, Step } from '../collection/explain/explanation.ts';
export type { EventError, EventType, Plan, Recording };
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

export interface Filter {
  state?: string;
  kubeContext?: string;
  namespace?: string;
  pod?: string;
  alertname?: string;
}

/** What `/ready` says. */
export interface Health {
  status: 'ready' | 'not-ready' | 'unreachable' | 'unknown';
  checks: Record<string, string>;
}

export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'paused';
