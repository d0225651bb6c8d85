import { type CollectionEventType, isOfFamily } from '../../events/catalogue.ts';
import type { Artefact, Jvm } from '../../events/data/circumstances.ts';
import type { CollectionRequestedData, Recording } from '../../events/data/collection.ts';
import type { EventError } from '../../events/data/error.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { Event, StoredEvent } from '../../events/envelope.ts';
import type { FailuresByCode } from './retries.ts';

/** With its sequence where it is on the stream. */
export type PodEvent = Event<CollectionEventType> & { sequence?: number };

/** True for what is folded into the machine of a pod. */
export function isPodEvent(event: StoredEvent): event is StoredEvent<CollectionEventType> {
  return isOfFamily(event.type, 'collection');
}

/** What stays the same in a collection's life, and is needed again when it is redriven. */
export interface Collection {
  collectionId: string;
  run: number;
  requestedAt: string;
  sts?: string;
  trigger: CollectionRequestedData['trigger'];
  plan: Plan;
}

/** What the attempts of one stage have come to. */
interface Attempts {
  attempts: number;
  lastError?: EventError;
  /** The next attempt is not before this. */
  retryAt?: string;
  /** True: the last attempt failed and there will be no other; CollectionFailed follows. */
  exhausted: boolean;
}

/** A recording that is being made. */
export interface Collecting extends Collection, Attempts {
  /** Ids of the alerts that this collection answers, its trigger first. */
  alerts: string[];
  /** The attempt under way, until it has failed. */
  attempt?: { number: number; by: string };
  /** Attempts that say nothing of the pod: their process died or was stopped. They do not count against maxAttempts. */
  cutShort: number;
  /** How often each code of the plan's `retry` has failed in this run. */
  failures?: FailuresByCode;
}

/** A recording on its way to its destination. */
export interface Uploading extends Collection, Attempts {
  state: 'staged' | 'uploading' | 'failed';
  recording: Recording;
  jvm?: Jvm;
  artefacts?: Artefact[];
  collectedAt: string;
}

/** A run that ended without success and can be redriven. */
export type Failed = (Collecting & { stage: 'collect' }) | (Uploading & { stage: 'upload' });

/** No other recording of the pod until then (RFC 3339). */
export interface PodCooldown {
  until: string;
  afterCollectionId: string;
}

export interface PodContext {
  current: Collecting | null;
  uploads: Record<string, Uploading>;
  /** The last few, for redriving. */
  failed: Record<string, Failed>;
  lastOutcome: { collectionId: string; run: number; state: 'uploaded' | 'failed'; at: string } | null;
  /** After the last recording, of whatever row. */
  cooldown: PodCooldown | null;
  /** After the last recording of each row that has cooldowns of its own (`cooldownBy: row`), as far as they have not ended. */
  rowCooldowns?: Record<string, PodCooldown>;
  /** Ids of the last decisions: a repeat that comes after the duplicate window changes nothing. */
  decided: string[];
  /** Their sequences. */
  decidedAt: number[];
  /** Sequence of the newest decision that is not among them any more; 0: none. What was decided up to there is in the log. */
  forgotten: number;
}

/** How many decisions, and attached alerts, a pod remembers; a pod with more in its life forgets the oldest. */
export const rememberedDecisions = 100;
export const rememberedFailures = 5;
/** So many attempts of a run may be cut short (their process ended) and not count against the plan's maxAttempts. */
export const maxCutShort = 10;

export const initialContext: PodContext = {
  current: null,
  uploads: {},
  failed: {},
  lastOutcome: null,
  cooldown: null,
  decided: [],
  decidedAt: [],
  forgotten: 0,
};

/** What a guard or an update of the machine is given. */
export interface MachineStep<E = PodEvent> {
  context: PodContext;
  event: E;
}
