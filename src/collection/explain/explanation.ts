import type { StepOf } from '../../kernel/explain/step.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import type { Pod } from '../../events/subjects.ts';
import type { PolicyRow } from '../intake/policy.ts';

/** What somebody wants to have explained. `since` is RFC 3339: older chapters that have ended are left out. */
export type Asked =
  | { kind: 'alert'; alertId: string }
  | { kind: 'fingerprint'; fingerprint: string }
  | { kind: 'collection'; collectionId: string }
  | ({ kind: 'pod'; since: string } & Pod)
  | { kind: 'pod-name'; since: string; pod: string };

/** What the stream holds. */
export interface StreamRange {
  name: string;
  firstSequence: number;
  lastSequence: number;
  /** RFC 3339; absent where the stream is empty. */
  firstAt?: string;
  lastAt?: string;
}

/** The policy of whoever answers, which may not be the one that decided. */
export interface TodaysPolicy {
  /** Where it comes from, for people: the path of a file, say. */
  name: string;
  rows: readonly PolicyRow[];
  maxAlertAgeSeconds: number;
}

/** All that an explanation is made from. */
export interface Evidence {
  /** In the order of the stream: alerts, whole logs of the pods that they speak of, rejections of any of these. */
  events: readonly StoredEvent[];
  stream: StreamRange;
  policy: TodaysPolicy;
  /** Subjects of the cooldown timers that are still set. */
  timers: ReadonlySet<string>;
  /** The intake is through with every message up to this sequence; absent where nobody knows. */
  decidedUpTo?: number;
  /** By the id of a collection that waits: how many of other pods wait before it. */
  ahead: ReadonlyMap<string, number>;
  /** What an event of another feature says, in a few words. */
  sentenceOf: (event: StoredEvent) => string;
}

/** Why there is a recording, or none, in words and times. */
export interface Explanation {
  asked: Asked;
  /** RFC 3339: when it was asked. */
  at: string;
  stream: StreamRange;
  pods: PodNow[];
  /** Newest first. */
  chapters: Chapter[];
  /** So many older chapters are left out. */
  more: number;
}

/** What a pod that occurs in it is doing. */
export type PodNow = Pod & { sentence: string };

/**
 * A collection with the alerts that it answers, or an alert that none answers. Of an alert about a StatefulSet there is one
 * chapter about the alert, followed by one for each pod.
 */
export interface Chapter {
  /** What it is about; absent where no event and no label names a pod, and for a whole StatefulSet. */
  pod?: Pod;
  alerts: ChapterAlert[];
  /** So many alerts of its collection are left out. */
  moreAlerts: number;
  collectionId?: string;
  outcome: Outcome;
  steps: Step[];
}

export interface ChapterAlert {
  alertname?: string;
  fingerprint: string;
  /** RFC 3339, as it was sent. */
  startsAt: string;
}

/** What it has come to. */
export interface Outcome {
  kind:
    | ('uploaded' | 'failed' | 'running' | 'waiting' | 'uploading')
    | ('suppressed' | 'declined' | 'rejected' | 'ignored' | 'undecided' | 'resolved' | 'unknown');
  sentence: string;
  /** What to do about it; absent where nothing is to be done, or nobody knows. */
  action?: string;
}

export type StepKind =
  | ('received' | 'renewed' | 'resolved' | 'declined' | 'unanswered' | 'rejected' | 'policy' | 'policy-today')
  | ('requested' | 'attached' | 'suppressed' | 'cooldown-elapsed' | 'redriven' | 'failed')
  | 'told'
  | ('attempt-started' | 'attempt-failed' | 'recorded' | 'upload-failed' | 'uploaded');

export type Step = StepOf<StepKind>;

/** True for what may still become a recording. */
export function isOpen({ kind }: Outcome): boolean {
  return ['running', 'waiting', 'uploading', 'undecided'].includes(kind);
}
