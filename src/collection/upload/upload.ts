import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import { LogUnavailable } from '../../log/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Span, Tracing } from '../../telemetry/tracing.ts';
import { type Board, BoardLags } from '../../kernel/fold/board.ts';
import { claimWhile } from '../../kernel/react/while-wanted.ts';
import { asFailure, type AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import { deliver, type DeliverDeps, stagedNamesOf } from './deliver.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import type { PodEvent, Uploading } from '../pod/context.ts';
import { own } from '../pod/guards.ts';
import type { Pods } from '../../kernel/decide/decider.ts';
import { retryAtAfter } from '../../kernel/react/retry.ts';
import { attemptFailed, collectionFailed, logFailure, type Run, runOf, uploaded } from '../run-events.ts';

export interface UploadDeps extends DeliverDeps {
  board: Board;
  pods: Pods;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
}

type Cause = StoredEvent<'JfrCollected' | 'CollectionRedriven'>;

/** The gaps grow as the plan says, but to this and not to its maxSeconds: an upload may wait for S3 for days. */
const maxGapSeconds = 900;

/**
 * Brings a staged recording to its destination, and tries again until it is there or the plan's deadline is over. The
 * staged copy goes only after Uploaded.
 */
export function createUpload(deps: UploadDeps) {
  return async (event: Cause, delivery: Delivery): Promise<Verdict> => {
    if (event.type === 'CollectionRedriven' && event.data.stage !== 'upload') return 'done';
    await deps.board.whenApplied(podSubject(event.data), delivery.sequence);
    let stagedNames = event.type === 'JfrCollected' ? stagedNamesOf(event.data) : [];
    for (;;) {
      const upload = uploadOf(event.data, deps.pods.snapshot(event.data));
      if (!upload) return finish(deps, event, stagedNames);
      stagedNames = stagedNamesOf(upload);
      const verdict = await step(deps, runOf('upload', event, deps.logger, upload), upload);
      if (verdict) return verdict;
    }
  };
}

/** Does the one thing that the log says is next; a verdict ends this delivery. */
async function step(deps: UploadDeps, work: Run, upload: Uploading): Promise<Verdict | undefined> {
  if (upload.exhausted) return fail(deps, work, upload);
  const now = millisOf(deps.now());
  // At the deadline there is a last attempt: an earlier one may have brought the recording there and died unheard.
  const waitMs = Math.min(millisOf(upload.retryAt ?? ''), deadlineOf(upload)) - now;
  if (waitMs > 0) return { retryInMs: waitMs };
  if (deps.handBack.aborted) return { retryInMs: 0 };
  const attributes = { 'alert_watcher.destination': upload.plan.destination.type };
  await deps.tracing.span('upload', { traceparent: work.traceparent, attributes }, ({ traceparent, fail }) =>
    runAttempt(deps, { ...work, traceparent }, upload, fail),
  );
  return undefined;
}

async function runAttempt(
  deps: UploadDeps,
  work: Run,
  upload: Uploading,
  failSpan: Span['fail'],
): Promise<void> {
  const { recording } = upload;
  const destination = upload.plan.destination;
  const attempt = upload.attempts + 1;
  const startedAt = performance.now();
  const tookMs = () => Math.round(performance.now() - startedAt);
  const count = (result: 'success' | 'failure') => {
    deps.metrics.attempts.inc({ stage: 'upload', result });
    deps.metrics.uploadDuration.observe({ destination: destination.type, result }, tookMs() / 1_000);
  };
  const claim = claimWhile(deps.board, work.pod, (snapshot) => uploadOf(work, snapshot) !== undefined);
  try {
    const arrived = await deliver(deps, work, upload, claim.signal);
    const took = tookMs();
    const event = await append(deps, work, () =>
      uploaded(work, deps.now(), attempt, arrived, recording, took),
    );
    count('success');
    if (!event) return;
    deps.metrics.collections.inc({ outcome: 'uploaded', stage: 'upload' });
    deps.metrics.recordingBytes.inc(recording.bytes);
    work.logger.info(
      { event: 'Uploaded', url: arrived.url, bytes: recording.bytes, tookMs: took },
      'uploaded',
    );
  } catch (error) {
    if (error instanceof LogUnavailable || error instanceof BoardLags) throw error;
    // Handed back or cancelled: no fault of the destination. The loop sees it next.
    if (deps.handBack.aborted || claim.signal.aborted) return;
    const failure = asFailure(error);
    failSpan(failure.message);
    count('failure');
    logFailure(work, 'UploadAttemptFailed', attempt, failure);
    await append(deps, work, (now) =>
      now.attempts === attempt - 1 ? failed(deps, work, now, failure) : undefined,
    );
  } finally {
    claim.release();
  }
}

function failed(deps: UploadDeps, work: Run, upload: Uploading, failure: AttemptFailed) {
  const { plan, attempts } = upload;
  const now = deps.now();
  const isLast = failure instanceof PermanentlyFailed || millisOf(now) >= deadlineOf(upload);
  const backoff = { ...plan.backoff, maxSeconds: maxGapSeconds };
  const retryAt = isLast ? undefined : retryAtAfter(backoff, attempts + 1, now);
  return attemptFailed(work, now, attempts + 1, failure, retryAt);
}

async function fail(deps: UploadDeps, work: Run, upload: Uploading): Promise<Verdict> {
  const { attempts, lastError = { code: 'unexpected', message: 'no attempt was made' } } = upload;
  const isLate = millisOf(deps.now()) >= deadlineOf(upload);
  const late = `not uploaded within its deadline, the last time because of ${lastError.code}: ${lastError.message}`;
  const error = isLate ? { code: 'deadline-exceeded', message: late } : lastError;
  const appended = await append(deps, work, () => collectionFailed(work, deps.now(), attempts, error));
  if (appended) {
    deps.metrics.collections.inc({ outcome: 'failed', stage: 'upload' });
    work.logger.error(
      { event: 'CollectionFailed', attempts, error },
      'the recording is not at its destination',
    );
  }
  return 'done';
}

/** The staged copy goes once the log says Uploaded. After a failure it stays, for a redrive. */
async function finish(
  { board, staging }: UploadDeps,
  event: Cause,
  stagedNames: readonly string[],
): Promise<Verdict> {
  const isUploaded = board.summaries.get(event.data.collectionId)?.state === 'uploaded';
  if (isUploaded) for (const stagedName of stagedNames) await staging.remove(stagedName);
  return 'done';
}

function deadlineOf({ collectedAt, plan }: Uploading): number {
  return millisOf(collectedAt) + plan.uploadDeadlineSeconds * 1_000;
}

/** Appends what fits while the log shows this upload as unfinished. */
function append(deps: UploadDeps, work: Run, event: (upload: Uploading) => PodEvent | undefined) {
  return deps.pods.decide(work.pod, (snapshot) => {
    const upload = uploadOf(work, snapshot);
    return upload && event(upload);
  });
}

// A JfrCollected names the run that made it; a redrive of the upload has the same recording under a later run.
function uploadOf(
  { collectionId, run }: { collectionId: string; run: number },
  { context: { uploads } }: PodSnapshot,
) {
  const upload = own(uploads, collectionId);
  return upload?.run === run ? upload : undefined;
}
