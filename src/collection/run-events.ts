import { createEvent, type Event } from '../events/envelope.ts';
import type { Circumstances, UploadedArtefact } from '../events/data/circumstances.ts';
import type { Recording } from '../events/data/collection.ts';
import type { EventError } from '../events/data/error.ts';
import type { Pod } from '../events/subjects.ts';
import { type Logger, loggerAbout } from '../telemetry/logger.ts';
import { type AttemptFailed, eventErrorOf } from '../kernel/react/failures.ts';
import type { Collecting, Failed, Uploading } from './pod/context.ts';

/** One run of a collection in the hands of this process: what its events and log lines have in common. */
export interface Run {
  part: 'collect' | 'upload';
  pod: Pod & { sts?: string };
  collectionId: string;
  run: number;
  traceparent: string | undefined;
  logger: Logger;
}

/** The event that brought the work, and the state that the log shows of it. */
export function runOf(
  part: Run['part'],
  event: Event<'CollectionRequested' | 'CollectionRedriven' | 'JfrCollected'>,
  logger: Logger,
  state: Collecting | Uploading,
): Run {
  const { kubeContext, namespace, pod, collectionId } = event.data;
  const { run, sts, trigger } = state;
  const about = { kubeContext, namespace, pod, collectionId };
  return {
    part,
    pod: { kubeContext, namespace, pod, ...(sts === undefined ? {} : { sts }) },
    collectionId,
    run,
    traceparent: event.traceparent,
    logger: loggerAbout(logger, {
      ...about,
      sts,
      alertname: trigger.alertname,
      correlationId: trigger.alertId,
      traceparent: event.traceparent,
    }),
  };
}

export function attemptStarted(
  run: Run,
  now: string,
  attempt: number,
  by: { host: string; process: string },
  argv?: string[],
) {
  const data = { ...idOf(run), attempt, by, ...(argv ? { argv } : {}) };
  return createEvent('CollectionAttemptStarted', data, about(run, now));
}

export function jfrCollected(
  run: Run,
  now: string,
  attempt: number,
  { recording, circumstances, argv }: { recording: Recording; circumstances: Circumstances; argv?: string[] },
  tookMs: number,
) {
  const data = { ...idOf(run), attempt, recording, ...circumstances, ...(argv ? { argv } : {}), tookMs };
  return createEvent('JfrCollected', data, about(run, now));
}

/** What lies at the destination now. */
export interface Arrived {
  url: string;
  artefacts?: UploadedArtefact[];
  notes?: string[];
}

export function uploaded(
  run: Run,
  now: string,
  attempt: number,
  { url, ...beside }: Arrived,
  { bytes, sha256 }: Recording,
  tookMs: number,
) {
  const data = { ...idOf(run), attempt, url, bytes, sha256, ...beside, tookMs };
  return createEvent('Uploaded', data, about(run, now));
}

/** Without `retryAt` there is no other attempt. */
export function attemptFailed(
  run: Run,
  now: string,
  attempt: number,
  failure: AttemptFailed,
  retryAt: string | undefined,
) {
  const type = run.part === 'collect' ? 'CollectionAttemptFailed' : 'UploadAttemptFailed';
  const data = {
    ...idOf(run),
    attempt,
    error: eventErrorOf(failure),
    ...(retryAt === undefined ? {} : { retryAt }),
  };
  return createEvent(type, data, about(run, now));
}

/** `cancelled`: who ended it, where nothing failed. */
export function collectionFailed(
  run: Run,
  now: string,
  attempts: number,
  error: EventError,
  cancelled?: { by: string; reason: string },
) {
  const stage: Failed['stage'] = run.part;
  const data = { ...idOf(run), stage, attempts, error, ...(cancelled && { cancelled }) };
  return createEvent('CollectionFailed', data, about(run, now));
}

function idOf({ pod, collectionId, run }: Run) {
  return { ...pod, collectionId, run };
}

function about({ part, traceparent }: Run, time: string) {
  return { part, time, traceparent };
}
