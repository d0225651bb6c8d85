import { mkdir, rm } from 'node:fs/promises';
import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import { own } from '../../events/own.ts';
import type { StatefulSet } from '../../events/subjects.ts';
import { type AttemptsDeps, createAttempts, type Work } from '../../kernel/react/attempts.ts';
import { PermanentlyFailed } from '../../kernel/react/failures.ts';
import { retryAtAfter } from '../../kernel/react/retry.ts';
import { timeLimit } from '../../programs/time-limit.ts';
import { type Logger, loggerAbout } from '../../telemetry/logger.ts';
import { directoryIn } from '../collect/record.ts';
import type { TargetsFinder } from '../collectors/targets.ts';
import type { CollectionMetrics } from '../metrics.ts';
import type { PodBoard } from '../pod/board.ts';
import { withoutAnswered } from './answered.ts';
import type { Search, Searches, TargetsEvent } from './aggregate.ts';
import { attemptFailed, found, notFound } from './events.ts';
import { chosen, type FoundPods, podNamesOf } from './pods.ts';

export interface FindDeps extends AttemptsDeps<StatefulSet, TargetsEvent, Searches> {
  /** By the name of the collector, where it can find pods. */
  finders: ReadonlyMap<string, TargetsFinder>;
  /** Programs run in a directory of the attempt's own in here. */
  workDir: string;
  pods: PodBoard;
  logger: Logger;
  metrics: CollectionMetrics;
}

/** A search, and what the log shows of it. */
export interface FindWork extends Work, StatefulSet {
  state: Search;
}

/** A cluster that answers at all answers sooner, and nothing is recorded meanwhile. */
const timeoutSeconds = 60;

/**
 * Finds the pods of a StatefulSet that an alert stands for: tried as often as the plan allows a collection to be tried. Looking
 * changes nothing, so an attempt leaves no trace until it ends.
 */
export function createFind(deps: FindDeps) {
  const { now, metrics } = deps;
  const attemptOf = ({ state }: FindWork) => state.attempts + 1;
  return createAttempts<
    StatefulSet,
    StoredEvent<'TargetsRequested'>,
    TargetsEvent,
    Searches,
    FindWork,
    FoundPods
  >(deps, {
    keyOf: ({ data }) => data,
    find: ({ data, traceparent }, { open }) => {
      const state = own(open, data.searchId);
      if (!state) return undefined;
      const { kubeContext, namespace, sts, trigger } = data;
      const { alertname, alertId: correlationId } = trigger;
      const about = { kubeContext, namespace, sts };
      const logger = loggerAbout(deps.logger, { ...about, alertname, correlationId, traceparent });
      return { ...about, state, traceparent, logger };
    },
    next: ({ state: { exhausted, retryAt } }) =>
      exhausted ? 'give-up' : { waitUntil: millisOf(retryAt ?? '') },
    attemptOf,
    isMine: (current, begun) => attemptOf(current) === attemptOf(begun),
    run: async (work, signal) => {
      const pods = chosen(await look(deps, work, signal), work.state.plan);
      return withoutAnswered(deps.pods, work, pods);
    },
    succeeded: (work, pods, tookMs) => found(work, now(), attemptOf(work), pods, tookMs),
    failed: ({ state: { plan } }, begun, failure) => {
      const attempt = attemptOf(begun);
      const isLast = failure instanceof PermanentlyFailed || attempt >= plan.maxAttempts;
      const retryAt = isLast ? undefined : retryAtAfter(plan.backoff, attempt, now());
      return attemptFailed(begun, now(), attempt, failure, retryAt);
    },
    ended: (work) => notFound(work, now()),
    span: ({ state: { plan } }) => ({
      name: 'find targets',
      attributes: { 'alert_watcher.collector': plan.collector },
    }),
    tell: {
      failureEvent: 'TargetsAttemptFailed',
      tried: (_, result) => metrics.attempts.inc({ stage: 'targets', result }),
      succeeded: ({ logger }, { pods, leftOut }, tookMs) =>
        logger.info({ event: 'TargetsFound', pods, leftOut, tookMs }, 'found the pods of the StatefulSet'),
      ended: ({ logger, state: { attempts, lastError } }) => {
        metrics.decisions.inc({ decision: 'AlertDeclined' });
        logger.error({ event: 'TargetsNotFound', attempts, error: lastError }, 'no recording: the pods of the StatefulSet were not found'); // prettier-ignore
      },
    },
  });
}

async function look(
  { finders, workDir, handBack }: FindDeps,
  work: FindWork,
  wanted: AbortSignal,
): Promise<FoundPods> {
  const { kubeContext, namespace, sts, traceparent } = work;
  const { collector, targets } = work.state.plan;
  if (targets?.replicas !== undefined) return { pods: podNamesOf(sts, targets.replicas), leftOut: [] };
  const finder = finders.get(collector);
  if (!finder) {
    const message = `the collector ${collector} cannot find pods here: it is not configured, or has no targetsCommand`;
    throw new PermanentlyFailed('collector-unknown', message);
  }
  using limit = timeLimit(timeoutSeconds, 'the search');
  const directory = directoryIn(workDir);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const signal = AbortSignal.any([limit.signal, handBack, wanted]);
    return await finder({ kubeContext, namespace, sts, traceparent, directory, signal });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
