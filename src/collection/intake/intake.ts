import { firingIn, readTold } from '../../book/told.ts';
import { type AlertReceivedData, type AlertRenewedData, byHandSource } from '../../events/data/alert.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { nanosOf } from '../../events/instant.ts';
import { cooldownScheduleSubject, podSubject } from '../../events/subjects.ts';
import { schedule } from '../../log/write/append.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import { lastMessage } from '../../log/read.ts';
import { type Logger, loggerAbout } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Board } from '../../kernel/fold/board.ts';
import { elapsedOf } from '../pod/cooldowns.ts';
import { causeIdOf, decide, type Decision, type Question } from './decide.ts';
import type { Decided } from './decided.ts';
import { decline, type DeclineDeps } from './decline.ts';
import { type Policy, podOf } from './policy.ts';
import type { Pods } from '../../kernel/decide/decider.ts';
import { markUnanswered } from './unanswered.ts';

export interface IntakeDeps extends DeclineDeps {
  stream: string;
  board: Board;
  pods: Pods;
  decided: Decided;
  policy: Policy;
  maxAlertAgeSeconds: number;
  logger: Logger;
  metrics: Metrics;
}

type Cause = StoredEvent<'AlertReceived' | 'AlertRenewed' | 'CooldownElapsed'>;
type Alert = AlertReceivedData | AlertRenewedData;
const suppressedThenElapsed = '/CollectionSuppressed/CooldownElapsed';

/**
 * Decides what a firing alert leads to, again when it is told again and that is news, and again when the cooldown that it
 * waited for has ended.
 */
export function createIntake(deps: IntakeDeps) {
  return async (event: Cause, delivery: Delivery): Promise<Verdict> => {
    if (event.type === 'AlertReceived') {
      if (event.data.source !== byHandSource) await decideAlert(deps, event, event.id, event.data);
    } else if (event.type === 'AlertRenewed') {
      if (isOpen(deps, event)) await decideAlert(deps, event, event.data.alertId, event.data);
    } else {
      await deps.board.whenApplied(podSubject(event.data), delivery.sequence);
      const alert = await stillWaiting(deps, event);
      if (alert) await decideAlert(deps, event, event.data.alertId, alert);
    }
    return 'done';
  };
}

/** False where nothing has to be decided: its annotations changed, or the collection that failed was redriven since. */
function isOpen({ board }: IntakeDeps, { data }: StoredEvent<'AlertRenewed'>): boolean {
  if (data.reason === 'changed') return false;
  const state = data.collectionId === undefined ? undefined : board.summaries.get(data.collectionId)?.state;
  return state === undefined || state === 'failed';
}

async function decideAlert(deps: IntakeDeps, cause: Cause, alertId: string, alert: Alert) {
  const { metrics, policy, pods, maxAlertAgeSeconds } = deps;
  const plan = policy.planFor(alert.labels);
  if (!plan) {
    metrics.decisions.inc({ decision: 'ignored' });
    return;
  }
  const found = podOf(alert.labels);
  if (!('pod' in found)) {
    await decline(deps, cause, alertId, alert, found);
    return;
  }
  const { pod } = found;
  const question: Question = { cause, alertId, alert, pod, plan, maxAlertAgeSeconds };
  // A timer may go off twice: what it led to may be older than this event.
  const from = cause.type === 'CooldownElapsed' ? 0 : cause.sequence;
  const decision = (await pods.decide(pod, async (snapshot) => {
    if (await deps.decided.has({ pod, snapshot, causeId: causeIdOf(cause), from })) return undefined;
    const answer = decide(snapshot, question, deps.now());
    if (answer?.type === 'CollectionSuppressed') await prepare(deps, answer);
    return answer;
  })) as Decision | undefined;
  if (decision) tell(deps, decision, alertId, { alertname: alert.labels['alertname'], traceparent: cause.traceparent }); // prettier-ignore
}

function tell(
  { metrics, logger }: IntakeDeps,
  { type, data }: Decision,
  correlationId: string,
  about: { alertname: string | undefined; traceparent: string | undefined },
): void {
  metrics.decisions.inc({ decision: type });
  const { kubeContext, namespace, pod } = data;
  const collectionId = 'collectionId' in data ? data.collectionId : undefined;
  const reason = 'reason' in data ? { reason: data.reason } : {};
  loggerAbout(logger, { kubeContext, namespace, pod, ...about, correlationId, collectionId }).info(
    { event: type, ...reason },
    sentences[type],
  );
}

const sentences = {
  CollectionRequested: 'a recording is requested',
  AlertAttached: 'the pod is being recorded already: the alert is attached',
  CollectionSuppressed: 'no recording for this alert now',
};

/**
 * What has to be there before the suppression is: an alert that waits in the log always has a timer, and one that was too old
 * is decided anew when it is told again. Where the append then fails, the next try does this again; a timer that goes off for
 * an alert that was decided otherwise is dropped.
 */
async function prepare(
  deps: IntakeDeps,
  decision: Decision & { type: 'CollectionSuppressed' },
): Promise<void> {
  const elapsed = elapsedOf(decision);
  if (elapsed) {
    const { alertId, until } = elapsed.data;
    await schedule(deps.connection, { subject: cooldownScheduleSubject(alertId), at: until }, elapsed);
  } else {
    await markUnanswered(deps.connection, decision, { ...decision.data, reason: 'stale' }, deps.now());
  }
}

/** The alert that waited, unless it has resolved since, is gone from the stream, or was decided otherwise. */
async function stillWaiting(
  deps: IntakeDeps,
  event: StoredEvent<'CooldownElapsed'>,
): Promise<Alert | undefined> {
  const { connection, stream, pods } = deps;
  const { id, data } = event;
  const causeId = id.endsWith(suppressedThenElapsed) ? id.slice(0, -suppressedThenElapsed.length) : '';
  const types = ['CollectionRequested', 'AlertAttached'] as const;
  const isAnswered = await deps.decided.has({
    pod: data,
    snapshot: pods.snapshot(data),
    causeId,
    from: 0,
    types,
  });
  if (isAnswered) return undefined;
  const startsAtNanos = nanosOf(data.startsAt);
  if (startsAtNanos === undefined) throw new RangeError(`CooldownElapsed names no time: ${data.startsAt}`);
  const key = { alertname: data.alertname, fingerprint: data.fingerprint, startsAtNanos };
  const told = await readTold((subject) => lastMessage(connection, stream, subject), key);
  const firing = firingIn(told);
  if (!firing && told.resolved) {
    const subject = { ...data, correlationId: data.alertId };
    loggerAbout(deps.logger, subject).info('the alert resolved during the cooldown: nothing is recorded');
  }
  return firing?.data;
}
