import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf, secondsBetween } from '../../events/instant.ts';
import type { Pod } from '../../events/subjects.ts';
import { type AttemptsDeps, createAttempts } from '../../kernel/react/attempts.ts';
import { PermanentlyFailed } from '../../kernel/react/failures.ts';
import { retryAtAfter } from '../../kernel/react/retry.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CollectionMetrics } from '../metrics.ts';
import type { PodBoard } from '../pod/board.ts';
import type { PodEvent, Uploading } from '../pod/context.ts';
import { own } from '../../events/own.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import { type Arrived, attemptFailed, collectionFailed, type Run, runOf, uploaded } from '../run-events.ts';
import { deliver, type DeliverDeps, stagedNamesOf } from './deliver.ts';

export interface UploadDeps extends DeliverDeps, AttemptsDeps<Pod, PodEvent, PodSnapshot> {
  board: PodBoard;
  logger: Logger;
  metrics: CollectionMetrics;
}

type Cause = StoredEvent<'JfrCollected' | 'CollectionRedriven'>;

/** A run, and what the log shows of its upload. */
type UploadWork = Run & { state: Uploading };

/** The gaps grow as the plan says, but to this and not to its maxSeconds: an upload may wait for S3 for days. */
const maxGapSeconds = 900;

/**
 * Brings a staged recording to its destination, and tries again until it is there or the plan's deadline is over. The
 * staged copy goes only after Uploaded.
 */
export function createUpload(deps: UploadDeps) {
  const { board, staging, now, metrics } = deps;
  const attemptOf = ({ state }: UploadWork) => state.attempts + 1;
  return createAttempts<Pod, Cause, PodEvent, PodSnapshot, UploadWork, Arrived>(deps, {
    keyOf: ({ data }) => data,
    // A JfrCollected names the run that made it; a redrive of the upload has the same recording under a later run.
    find: (cause, { context }) => {
      const { collectionId, run } = cause.data;
      const upload = isForUpload(cause) ? own(context.uploads, collectionId) : undefined;
      return upload?.run === run
        ? { ...runOf('upload', cause, deps.logger, upload), state: upload }
        : undefined;
    },
    // After a failure the staged copy stays, for a redrive.
    finish: async (cause, last) => {
      if (!isForUpload(cause) || board.summaries.get(cause.data.collectionId)?.state !== 'uploaded') return;
      const staged = last?.state ?? ('recording' in cause.data ? cause.data : undefined);
      for (const name of staged ? stagedNamesOf(staged) : []) await staging.remove(name);
    },
    // At the deadline there is a last attempt: an earlier one may have brought the recording there and died unheard.
    next: ({ state }) =>
      state.exhausted ? 'give-up' : { waitUntil: Math.min(millisOf(state.retryAt ?? ''), deadlineOf(state)) },
    attemptOf,
    isMine: () => true,
    run: (work, signal) => deliver(deps, work, signal),
    succeeded: (work, arrived, tookMs) =>
      uploaded(work, now(), attemptOf(work), arrived, work.state.recording, tookMs),
    failed: (current, begun, failure) => {
      const [at, attempt] = [now(), attemptOf(begun)];
      if (attemptOf(current) !== attempt) return undefined;
      const isLast = failure instanceof PermanentlyFailed || millisOf(at) >= deadlineOf(current.state);
      const backoff = { ...current.state.plan.backoff, maxSeconds: maxGapSeconds };
      return attemptFailed(
        begun,
        at,
        attempt,
        failure,
        isLast ? undefined : retryAtAfter(backoff, attempt, at),
      );
    },
    ended: (work) => ({
      events: [collectionFailed(work, now(), work.state.attempts, endOf(work.state, millisOf(now())))],
    }),
    span: ({ state }) => ({
      name: 'upload',
      attributes: { 'alert_watcher.destination': state.plan.destination.type },
    }),
    tell: {
      failureEvent: 'UploadAttemptFailed',
      tried: ({ state }, result, tookMs) => {
        metrics.attempts.inc({ stage: 'upload', result });
        metrics.uploadDuration.observe({ destination: state.plan.destination.type, result }, tookMs / 1_000);
      },
      succeeded: ({ logger, state }, { url }, tookMs) => {
        const { run, requestedAt, plan } = state;
        const { bytes } = state.recording;
        // A redrive waits for whoever asks for it. The log takes Uploaded once, so it is observed once.
        if (run === 1)
          metrics.requestToUpload.observe({ destination: plan.destination.type }, secondsBetween(requestedAt, now())); // prettier-ignore
        metrics.collections.inc({ outcome: 'uploaded', stage: 'upload' });
        metrics.recordingBytes.inc(bytes);
        logger.info({ event: 'Uploaded', url, bytes, tookMs }, 'uploaded');
      },
      ended: ({ logger, state }) => {
        metrics.collections.inc({ outcome: 'failed', stage: 'upload' });
        const error = endOf(state, millisOf(now()));
        logger.error({ event: 'CollectionFailed', attempts: state.attempts, error }, 'the recording is not at its destination'); // prettier-ignore
      },
    },
  });
}

function isForUpload({ data }: Cause): boolean {
  return !('stage' in data) || data.stage === 'upload';
}

function endOf(upload: Uploading, now: number) {
  const { lastError = { code: 'unexpected', message: 'no attempt was made' } } = upload;
  if (now < deadlineOf(upload)) return lastError;
  const why = `${lastError.code}: ${lastError.message}`;
  return {
    code: 'deadline-exceeded',
    message: `not uploaded within its deadline, the last time because of ${why}`,
  };
}

function deadlineOf({ collectedAt, plan }: Uploading): number {
  return millisOf(collectedAt) + plan.uploadDeadlineSeconds * 1_000;
}
