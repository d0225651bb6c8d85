import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf, secondsBetween } from '../../events/instant.ts';
import type { Pod } from '../../events/subjects.ts';
import { type AttemptsDeps, createAttempts } from '../../kernel/react/attempts.ts';
import { type AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import type { CollectionMetrics } from '../metrics.ts';
import { repeatAfter, unansweredBecause } from '../intake/unanswered.ts';
import type { Collecting, PodEvent } from '../pod/context.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import { areAttemptsUsedUp, retryAfterFailure } from '../pod/retries.ts';
import {
  attemptFailed,
  attemptStarted,
  collectionFailed,
  jfrCollected,
  type Run,
  runOf,
} from '../run-events.ts';
import { type BeforeDeps, handedOver, withdrawn } from './before-collecting.ts';
import { assignmentOf, record, type RecordDeps } from './record.ts';

export interface CollectDeps extends RecordDeps, BeforeDeps, AttemptsDeps<Pod, PodEvent, PodSnapshot> {
  me: { host: string; process: string };
  metrics: CollectionMetrics;
}

type Cause = StoredEvent<'CollectionRequested' | 'CollectionRedriven'>;

/** A run, and what the log shows of it. */
export type CollectWork = Run & { state: Collecting };

/**
 * Makes the recording of a requested collection: attempt after attempt, each recorded before and after, until there is a
 * verified recording in the staging bucket or the attempts are used up. Picks up where a process that died left it.
 */
export function createCollect(deps: CollectDeps) {
  const { me, now, metrics, staging } = deps;
  const attemptOf = ({ state }: CollectWork) => state.attempts + 1;
  return createAttempts<Pod, Cause, PodEvent, PodSnapshot, CollectWork, Awaited<ReturnType<typeof record>>>(
    deps,
    {
      keyOf: ({ data }) => data,
      find: (cause, { context: { current } }) => {
        const { data } = cause;
        if ('stage' in data && data.stage !== 'collect') return undefined;
        const run = 'run' in data ? data.run : 1;
        if (current?.collectionId !== data.collectionId || current.run !== run) return undefined;
        return { ...runOf('collect', cause, deps.logger, current), state: current };
      },
      before: async (work, cause, delivery) =>
        handedOver(deps, work, cause, delivery) ?? (await withdrawn(deps, work, cause)),
      next: ({ state: { exhausted, retryAt } }) =>
        exhausted ? 'give-up' : { waitUntil: millisOf(retryAt ?? '') },
      // It may have left a recording.
      recover: async (work) => {
        const { attempt, attempts } = work.state;
        const staged = attempt && (await staging.find(work.collectionId, work.run));
        if (!staged || staged.attempt > attempts) return undefined;
        return jfrCollected(work, now(), staged.attempt, staged, 0);
      },
      attemptOf,
      // An attempt that has begun and not ended was cut short, too.
      isUsedUp: ({ state: { plan, attempts, cutShort, attempt } }) =>
        areAttemptsUsedUp(plan, attempts, cutShort + (attempt ? 1 : 0)),
      start: (work) => attemptStarted(work, now(), attemptOf(work), me, argvOf(deps, work, attemptOf(work))),
      // The outcome counts only while the log shows this attempt, and as this process's.
      isMine: ({ state }, begun) =>
        state.attempt?.number === attemptOf(begun) && state.attempt.by === me.process,
      run: (work, signal) => record(deps, work, attemptOf(work), signal),
      succeeded: (work, recorded, tookMs) => jfrCollected(work, now(), attemptOf(work), recorded, tookMs),
      failed: ({ state }, begun, failure) => failed(begun, now(), state, attemptOf(begun), failure),
      ended: (work) => ended(work, now()),
      span: ({ state }) => ({
        name: 'record',
        attributes: {
          'alert_watcher.attempt': state.attempts + 1,
          'alert_watcher.collector': state.plan.collector,
        },
      }),
      tell: {
        failureEvent: 'CollectionAttemptFailed',
        begun: (work) => {
          const { run, trigger, plan } = work.state;
          const attempt = attemptOf(work);
          work.logger.info({ event: 'CollectionAttemptStarted', attempt, collector: plan.collector }, 'recording'); // prettier-ignore
          // The log takes the start of the first attempt once, so it is observed once, by the process that made it.
          const waited = secondsBetween(trigger.dueAt ?? '', now());
          if (attempt === 1 && run === 1 && Number.isFinite(waited))
            metrics.alertToCollector.observe({ collector: plan.collector }, waited);
        },
        recovered: ({ logger }) =>
          logger.info({ event: 'JfrCollected' }, 'found the recording of a process that died'),
        tried: ({ state }, result, tookMs) => {
          metrics.attempts.inc({ stage: 'collect', result });
          metrics.collectDuration.observe({ collector: state.plan.collector, result }, tookMs / 1_000);
        },
        succeeded: (work, { recording: { bytes, sha256, chunks } }, tookMs) =>
        work.logger.info({ event: 'JfrCollected', attempt: attemptOf(work), bytes, sha256, chunks, tookMs }, 'recorded'), // prettier-ignore
        ended: ({ logger, state: { attempts, lastError } }) => {
          metrics.collections.inc({ outcome: 'failed', stage: 'collect' });
          logger.error({ event: 'CollectionFailed', attempts, error: lastError ?? cutOff }, 'no recording: there is no attempt left'); // prettier-ignore
        },
      },
    },
  );
}

const cutOff = { code: 'interrupted', message: 'every attempt was cut off before it ended' };

/** Undefined where no program runs, and where this process has no such collector. */
function argvOf({ collectors }: CollectDeps, work: CollectWork, attempt: number): string[] | undefined {
  return collectors.get(work.state.plan.collector)?.argvOf(assignmentOf(work, attempt));
}

function failed(work: Run, now: string, state: Collecting, attempt: number, failure: AttemptFailed) {
  const isPermanent = failure instanceof PermanentlyFailed;
  const retryAt = isPermanent ? undefined : retryAfterFailure(state, attempt, failure.code, now);
  return attemptFailed(work, now, attempt, failure, retryAt);
}

function ended(work: CollectWork, now: string) {
  const { attempts, lastError, trigger } = work.state;
  const event = collectionFailed(work, now, attempts, lastError ?? cutOff);
  const repeat = repeatAfter(work.state);
  if (trigger.byHand || repeat === undefined) return { events: [event] };
  const { collectionId } = work;
  const unanswered = unansweredBecause(event, { ...trigger, reason: 'failed', collectionId, repeat }, now);
  // Should the append of the end fail, both are said again, the first under the same id.
  return { events: [unanswered, event], inOrder: true as const };
}
