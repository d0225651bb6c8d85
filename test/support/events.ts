import type { CollectionEventType, DataOf, EventType } from '../../src/events/catalogue.ts';
import { createEvent, type Event, type StoredMessage, encodeEvent } from '../../src/events/envelope.ts';
import type { Recording } from '../../src/events/data/collection.ts';
import type { Plan } from '../../src/events/data/plan.ts';
import { alertIdOf, collectionIdOf, receptionIdOf } from '../../src/events/ids.ts';
import { nanosOf, timeOf } from '../../src/events/instant.ts';

export const pod = {
  kubeContext: 'aks1-westeurope-prod',
  namespace: 'bfed25f8-45e5-420a-aaca-af3b86228910',
  pod: 'crate-data-hot-0',
  sts: 'crate-data-hot',
};

export const plan: Plan = {
  rule: 'cratedb',
  collector: 'hemako',
  durationSeconds: 30,
  timeoutSeconds: 120,
  maxAttempts: 3,
  backoff: { initialSeconds: 2, factor: 2, maxSeconds: 60 },
  cooldownSeconds: 600,
  uploadDeadlineSeconds: 604_800,
  destination: { type: 'object-store' },
};

export const recording: Recording = {
  stagedName: 'c0ffee/1-1/ab',
  bytes: 212_536,
  sha256: 'ab'.repeat(32),
  startedAt: '2026-11-20T19:11:00.000Z',
  durationMs: 30_012,
  chunks: 1,
  jfrVersion: '2.1',
};

export const t0 = Date.parse('2026-11-20T19:10:40.000Z');
/** The time so many seconds after the beginning, RFC 3339. */
export const at = (seconds: number): string => timeOf(t0 + seconds * 1_000);

/** An alert by number: its id, and what events say of it. */
export function alertRef(number = 1) {
  const fingerprint = number.toString(16).padStart(16, '0');
  const startsAt = '2026-11-20T19:10:36.608863299Z';
  const alertname = 'CrateDBContainerRestart';
  // No Prometheus would call it so: then its name is part of the id.
  const alertId = alertIdOf(fingerprint, nanosOf(startsAt) ?? 0n, 'firing', alertname);
  return { alertId, alertname, fingerprint, startsAt };
}

/** What decisions about an alert are derived from: every alert of these tests was received at the beginning. */
export const receptionOf = ({ alertId }: { alertId: string }) =>
  receptionIdOf(alertId, BigInt(t0) * 1_000_000n);

const error = { code: 'collector-exited', message: 'hemako ended with exit code 1', exitCode: 1 };

/** A pod's events, each as short as a test wants to say it. Collections are named by the alert that caused them. */
export function story(alert = alertRef(1), seconds = 0) {
  const collectionId = collectionIdOf(receptionOf(alert));
  const of = { ...pod, collectionId };
  const make = <T extends EventType>(type: T, data: DataOf<T>, after: number, causeId = receptionOf(alert)) =>
    createEvent(type, data, { part: 'test', time: at(seconds + after), causeId });
  return {
    collectionId,
    requested: (planOf: Partial<Plan> = {}) =>
      make('CollectionRequested', { ...of, trigger: alert, plan: { ...plan, ...planOf } }, 0),
    attached: (other: ReturnType<typeof alertRef>) =>
      make('AlertAttached', { ...of, ...other }, 1, receptionOf(other)),
    started: (attempt = 1, run = 1) =>
      make('CollectionAttemptStarted', { ...of, run, attempt, by: { host: 'h', process: 'p1' } }, 2),
    attemptFailed: (attempt = 1, retryAt?: string, run = 1) =>
      make('CollectionAttemptFailed', { ...of, run, attempt, error, ...(retryAt ? { retryAt } : {}) }, 3),
    collected: (attempt = 1, run = 1) =>
      make('JfrCollected', { ...of, run, attempt, recording, tookMs: 30_500 }, 33),
    uploadFailed: (attempt = 1, retryAt?: string, run = 1) =>
      make('UploadAttemptFailed', { ...of, run, attempt, error, ...(retryAt ? { retryAt } : {}) }, 34),
    uploaded: (attempt = 1, run = 1) =>
      make(
        'Uploaded',
        { ...of, run, attempt, url: 's3://b/k.jfr', bytes: 212_536, sha256: recording.sha256, tookMs: 80 },
        35,
      ),
    failed: (stage: 'collect' | 'upload' = 'collect', attempts = 3, run = 1) =>
      make('CollectionFailed', { ...of, run, stage, attempts, error }, 36),
    cancelled: (stage: 'collect' | 'upload' = 'collect', attempts = 1, run = 1) =>
      make(
        'CollectionFailed',
        {
          ...{ ...of, run, stage, attempts },
          error: { code: 'cancelled', message: 'cancelled by operator: enough' },
          cancelled: { by: 'operator', reason: 'enough' },
        },
        37,
      ),
    redriven: (run = 2, stage: 'collect' | 'upload' = 'collect') =>
      make('CollectionRedriven', { ...of, run, stage, by: 'operator', reason: 'S3 is back' }, 40),
    suppressed: (other: ReturnType<typeof alertRef>, until: string) =>
      make(
        'CollectionSuppressed',
        { ...pod, ...other, reason: 'cooldown', until, afterCollectionId: collectionId },
        41,
        receptionOf(other),
      ),
    elapsed: (other: ReturnType<typeof alertRef>, until: string) =>
      make(
        'CooldownElapsed',
        { ...pod, ...other, until, afterCollectionId: collectionId },
        42,
        `${receptionOf(other)}/CollectionSuppressed`,
      ),
  };
}

/** An event as it would lie on the stream under a sequence. */
export function stored(event: Event, sequence: number): StoredMessage {
  const { subject, headers, body } = encodeEvent(event);
  return {
    subject,
    sequence,
    storedAt: event.time,
    header: (name) => headers[name],
    body: new TextEncoder().encode(body),
  };
}

export type CollectionEvent = Event<CollectionEventType>;

/** The events of a search for the pods of a StatefulSet, by the alert that it is for. */
export function search(alert = alertRef(3), seconds = 0, planOf: Partial<Plan> = {}) {
  const { kubeContext, namespace, sts } = pod;
  const searchId = receptionOf(alert);
  const of = { kubeContext, namespace, sts, searchId };
  const make = <T extends EventType>(type: T, data: DataOf<T>, after: number) =>
    createEvent(type, data, { part: 'test', time: at(seconds + after) });
  const targets = { statefulSet: 'all', max: 10 } as const;
  const asked = { trigger: alert, plan: { ...plan, targets, ...planOf }, since: at(seconds) };
  const leftOut = [
    { pod: 'crate-data-hot-2', reason: 'not-found' as const, message: 'there is no pod crate-data-hot-2' },
  ];
  const pods = ['crate-data-hot-0', 'crate-data-hot-1'];
  const unreachable = { code: 'cluster-unreachable', message: 'the cluster cannot be reached' };
  return {
    searchId,
    requested: () => make('TargetsRequested', { ...of, ...asked }, 0),
    attemptFailed: (attempt = 1, retryAt?: string) =>
      make(
        'TargetsAttemptFailed',
        { ...of, attempt, error: unreachable, ...(retryAt ? { retryAt } : {}) },
        1,
      ),
    found: (attempt = 1, found = { pods, leftOut }) =>
      make('TargetsFound', { ...of, ...asked, attempt, ...found, tookMs: 412 }, 2),
    notFound: (attempts = 3) => make('TargetsNotFound', { ...of, attempts, error: unreachable }, 3),
  };
}
