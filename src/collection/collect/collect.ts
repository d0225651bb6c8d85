import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import type { Plan } from '../../events/data/plan.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Connection } from '../../log/connection.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import { LogUnavailable } from '../../log/errors.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Span, Tracing } from '../../telemetry/tracing.ts';
import { type Board, BoardLags } from '../../kernel/fold/board.ts';
import { claimWhile } from '../../kernel/react/while-wanted.ts';
import { type BeforeDeps, handedOver, withdrawn } from './before-collecting.ts';
import { append, currentOf } from './current-run.ts';
import { asFailure, type AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import { type Collecting, maxCutShort } from '../pod/context.ts';
import { isCutShort } from '../pod/updates.ts';
import { record, type RecordDeps } from './record.ts';
import { retryAtAfter } from '../../kernel/react/retry.ts';
import {
  attemptFailed,
  attemptStarted,
  collectionFailed,
  jfrCollected,
  logFailure,
  type Run,
  runOf,
} from '../run-events.ts';
import { markUnanswered } from '../intake/unanswered.ts';

export interface CollectDeps extends RecordDeps, BeforeDeps {
  connection: Connection;
  board: Board;
  me: { host: string; process: string };
  metrics: Metrics;
  tracing: Tracing;
}

type Cause = StoredEvent<'CollectionRequested' | 'CollectionRedriven'>;

/**
 * Makes the recording of a requested collection: attempt after attempt, each recorded before and after, until there is a
 * verified recording in the staging bucket or the attempts are used up. Picks up where a process that died left it.
 */
export function createCollect(deps: CollectDeps) {
  return async (event: Cause, delivery: Delivery): Promise<Verdict> => {
    if (event.type === 'CollectionRedriven' && event.data.stage !== 'collect') return 'done';
    await deps.board.whenApplied(podSubject(event.data), delivery.sequence);
    const { collectionId } = event.data;
    const id = { collectionId, run: event.type === 'CollectionRedriven' ? event.data.run : 1 };
    for (;;) {
      const current = currentOf(id, deps.pods.snapshot(event.data));
      if (!current) return 'done';
      const work = runOf('collect', event, deps.logger, current);
      const verdict =
        handedOver(deps, work, current, event, delivery) ??
        (await withdrawn(deps, work, current, event)) ??
        (await step(deps, work, current));
      if (verdict) return verdict;
    }
  };
}

/** Does the one thing that the log says is next; a verdict ends this delivery. */
async function step(deps: CollectDeps, work: Run, current: Collecting): Promise<Verdict | undefined> {
  if (current.exhausted) return fail(deps, work, current);
  const waitMs = millisOf(current.retryAt ?? '') - millisOf(deps.now());
  if (waitMs > 0) return { retryInMs: waitMs };
  // An attempt that has begun and not ended: its process died. It may have left a recording.
  if (current.attempt && (await recover(deps, work, current))) return undefined;
  if (deps.handBack.aborted) return { retryInMs: 0 };
  // One that has begun and not ended was cut short, too.
  const cutShort = current.cutShort + (current.attempt ? 1 : 0);
  if (isUsedUp(current.plan, current.attempts, cutShort)) return fail(deps, work, current);
  const attempt = current.attempts + 1;
  const started = await append(deps, work, ({ attempts }) =>
    attempts === attempt - 1 ? attemptStarted(work, deps.now(), attempt, deps.me) : undefined,
  );
  if (!started) return undefined;
  const attributes = { 'alert_watcher.attempt': attempt, 'alert_watcher.collector': current.plan.collector };
  await deps.tracing.span('record', { traceparent: work.traceparent, attributes }, ({ traceparent, fail }) =>
    runAttempt(deps, { ...work, traceparent }, current, attempt, fail),
  );
  return undefined;
}

async function runAttempt(
  deps: CollectDeps,
  work: Run,
  current: Collecting,
  attempt: number,
  failSpan: Span['fail'],
): Promise<void> {
  const { collector } = current.plan;
  const startedAt = performance.now();
  const tookMs = () => Math.round(performance.now() - startedAt);
  const count = (result: 'success' | 'failure') => {
    deps.metrics.attempts.inc({ stage: 'collect', result });
    deps.metrics.collectDuration.observe({ collector, result }, tookMs() / 1_000);
  };
  // The outcome counts only while the log shows this attempt, and as this process's.
  const isMine = (now: Collecting) => now.attempt?.number === attempt && now.attempt.by === deps.me.process;
  const claim = claimWhile(deps.board, work.pod, (snapshot) => {
    const now = currentOf(work, snapshot);
    return now !== undefined && isMine(now);
  });
  work.logger.info({ event: 'CollectionAttemptStarted', attempt, collector }, 'recording');
  try {
    const recorded = await record(deps, work, current, attempt, claim.signal);
    const took = tookMs();
    const event = await append(deps, work, (now) =>
      isMine(now) ? jfrCollected(work, deps.now(), attempt, recorded, took) : undefined,
    );
    count('success');
    if (!event) return;
    const { bytes, sha256, chunks } = recorded.recording;
    work.logger.info({ event: 'JfrCollected', attempt, bytes, sha256, chunks, tookMs: took }, 'recorded');
  } catch (error) {
    // NATS is away, not the pod: what the log says then decides, when the message comes again.
    if (error instanceof LogUnavailable || error instanceof BoardLags) throw error;
    if (claim.signal.aborted) {
      work.logger.info(
        { attempt, tookMs: tookMs() },
        'recording is stopped: the log does not ask for it any more',
      );
      return;
    }
    const failure = asFailure(error);
    failSpan(failure.message);
    count('failure');
    logFailure(work, 'CollectionAttemptFailed', attempt, failure);
    await append(deps, work, (now) => (isMine(now) ? failed(deps, work, now, attempt, failure) : undefined));
  } finally {
    claim.release();
  }
}

function failed(deps: CollectDeps, work: Run, current: Collecting, attempt: number, failure: AttemptFailed) {
  const { plan } = current;
  const now = deps.now();
  const cutShort = current.cutShort + (isCutShort(failure) ? 1 : 0);
  const isLast = failure instanceof PermanentlyFailed || isUsedUp(plan, attempt, cutShort);
  const retryAt = failure.code === 'handed-back' ? now : retryAtAfter(plan.backoff, attempt, now);
  return attemptFailed(work, now, attempt, failure, isLast ? undefined : retryAt);
}

/** Attempts that were cut short say nothing of the pod: they have a bound of their own. */
function isUsedUp({ maxAttempts }: Plan, attempts: number, cutShort: number): boolean {
  return attempts - cutShort >= maxAttempts || cutShort > maxCutShort;
}

/** Takes the recording that an attempt staged before its process died; true where there was one. */
async function recover(deps: CollectDeps, work: Run, { attempts }: Collecting): Promise<boolean> {
  const staged = await deps.staging.find(work.collectionId, work.run);
  if (!staged || staged.attempt > attempts) return false;
  const { attempt } = staged;
  work.logger.info({ event: 'JfrCollected', attempt }, 'found the recording of a process that died');
  await append(deps, work, () => jfrCollected(work, deps.now(), attempt, staged, 0));
  return true;
}

async function fail(
  deps: CollectDeps,
  work: Run,
  { attempts, lastError, trigger, plan }: Collecting,
): Promise<Verdict> {
  const error = lastError ?? { code: 'interrupted', message: 'every attempt was cut off before it ended' };
  const repeat = (trigger.repeat ?? 0) + 1;
  const appended = await append(deps, work, async () => {
    const event = collectionFailed(work, deps.now(), attempts, error);
    const { collectionId } = work;
    if (!trigger.byHand && repeat <= (plan.retryOnRepeat ?? 0))
      await markUnanswered(
        deps.connection,
        event,
        { ...trigger, reason: 'failed', collectionId, repeat },
        deps.now(),
      );
    return event;
  });
  if (appended) {
    deps.metrics.collections.inc({ outcome: 'failed', stage: 'collect' });
    work.logger.error(
      { event: 'CollectionFailed', attempts, error },
      'no recording: there is no attempt left',
    );
  }
  return 'done';
}
