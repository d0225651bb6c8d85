import { firingIn, readTold } from '../../book/told.ts';
import { type AlertReceivedData, type AlertRenewedData, byHandSource } from '../../events/data/alert.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { Event, StoredEvent } from '../../events/envelope.ts';
import { nanosOf } from '../../events/instant.ts';
import { cooldownScheduleSubject, podSubject } from '../../events/subjects.ts';
import { type Decision, just } from '../../kernel/decide/decider.ts';
import type { Delivery, Verdict } from '../../log/consume/consume.ts';
import { lastMessage } from '../../log/read.ts';
import { type Logger, loggerAbout, type LogSubject, subjectOf } from '../../telemetry/logger.ts';
import type { CollectionMetrics } from '../metrics.ts';
import type { PodBoard } from '../pod/board.ts';
import { elapsedOf } from '../pod/cooldowns.ts';
import { causeIdOf, decide, type IntakeDecision, type Question } from './decide.ts';
import { alertOf, requestTargets, type RequestDeps } from '../targets/request.ts';
import type { Decided } from './decided.ts';
import { decline, type DeclineDeps } from './decline.ts';
import { recordable } from './labels.ts';
import { type Policy } from './policy.ts';
import type { Pods } from '../pods.ts';
import { unansweredBecause } from './unanswered.ts';

export interface IntakeDeps extends DeclineDeps, RequestDeps {
  stream: string;
  board: PodBoard;
  pods: Pods;
  decided: Decided;
  policy: Policy;
  maxAlertAgeSeconds: number;
  logger: Logger;
  metrics: CollectionMetrics;
}

type Told = StoredEvent<'AlertReceived' | 'AlertRenewed'>;
type Cause = Told | StoredEvent<'CooldownElapsed'> | StoredEvent<'TargetsFound'>;
type Alert = AlertReceivedData | AlertRenewedData;
const suppressedThenElapsed = '/CollectionSuppressed/CooldownElapsed';

/**
 * Decides what a firing alert leads to, again when it is told again and that is news, and again when the cooldown that it
 * waited for has ended. An alert about a StatefulSet leads to a search for its pods first; each that was found is decided on
 * as if the alert had named it.
 */
export function createIntake(deps: IntakeDeps) {
  return async (event: Cause, delivery: Delivery): Promise<Verdict> => {
    if (event.type === 'AlertReceived') {
      if (event.data.source !== byHandSource) await decideAlert(deps, event, event.id, event.data);
    } else if (event.type === 'AlertRenewed') {
      if (isOpen(deps, event)) await decideAlert(deps, event, event.data.alertId, event.data);
    } else if (event.type === 'TargetsFound') {
      await decideTargets(deps, event);
    } else {
      await deps.board.whenApplied(podSubject(event.data), delivery.sequence);
      const alert = await stillWaiting(deps, event);
      const plan = alert && planFor(deps, alert);
      if (plan)
        await decidePod(deps, { cause: event, alertId: event.data.alertId, alert, pod: podIn(event), plan });
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

async function decideAlert(deps: IntakeDeps, cause: Told, alertId: string, alert: Alert): Promise<void> {
  const plan = planFor(deps, alert);
  if (!plan) return;
  const found = recordable(alert.labels, plan);
  if ('pod' in found) await decidePod(deps, { cause, alertId, alert, pod: found.pod, plan });
  else if ('statefulSet' in found)
    await requestTargets(deps, { cause, alertId, alert, statefulSet: found.statefulSet, plan });
  else await decline(deps, cause, alertId, alert, found);
}

function planFor({ metrics, policy }: IntakeDeps, alert: Alert): Plan | undefined {
  const plan = policy.planFor(alert.labels);
  if (!plan) metrics.decisions.inc({ decision: 'ignored' });
  return plan;
}

async function decideTargets(deps: IntakeDeps, cause: StoredEvent<'TargetsFound'>): Promise<void> {
  const { kubeContext, namespace, sts, trigger, plan, pods } = cause.data;
  const about = { cause, alertId: trigger.alertId, alert: alertOf(trigger), plan };
  for (const pod of pods) await decidePod(deps, { ...about, pod: { kubeContext, namespace, pod, sts } });
}

function podIn({ data: { kubeContext, namespace, pod, sts } }: StoredEvent<'CooldownElapsed'>) {
  return { kubeContext, namespace, pod, ...(sts === undefined ? {} : { sts }) };
}

async function decidePod(deps: IntakeDeps, asked: Omit<Question, 'maxAlertAgeSeconds'>): Promise<void> {
  const { pods, maxAlertAgeSeconds } = deps;
  const { cause, alertId, alert, pod } = asked;
  const question: Question = { ...asked, maxAlertAgeSeconds };
  // A timer may go off twice: what it led to may be older than this event.
  const from = cause.type === 'CooldownElapsed' ? 0 : cause.sequence;
  let decision: IntakeDecision | undefined;
  const stored = await pods.decide(pod, async (snapshot): Promise<Decision | undefined> => {
    if (await deps.decided.has({ pod, snapshot, causeId: causeIdOf(cause, pod), from })) return undefined;
    const now = deps.now();
    decision = decide(snapshot, question, now);
    return decision?.type === 'CollectionSuppressed' ? suppression(decision, now) : just(decision);
  });
  if (stored && decision)
    tell(deps, decision, alertId, { ...subjectOf(alert), traceparent: cause.traceparent });
}

function tell(
  { metrics, logger }: IntakeDeps,
  { type, data }: IntakeDecision,
  correlationId: string,
  about: LogSubject,
): void {
  metrics.decisions.inc({ decision: type });
  const { kubeContext, namespace, pod, sts } = data;
  const collectionId = 'collectionId' in data ? data.collectionId : undefined;
  const reason = 'reason' in data ? { reason: data.reason } : {};
  loggerAbout(logger, { ...about, kubeContext, namespace, pod, sts, correlationId, collectionId }).info(
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
 * With what goes with it: an alert that waits in the log always has a timer, and one that was too old is decided anew when it is
 * told again. The timer comes all or none with its suppression: another process may have set one for the same alert, which a
 * refused decision must leave as it is.
 */
function suppression(
  event: Event<'CollectionSuppressed'>,
  now: string,
): Decision<Event<'CollectionSuppressed' | 'AlertUnanswered'>> {
  const elapsed = elapsedOf(event);
  if (!elapsed) {
    const unanswered = unansweredBecause(event, { ...event.data, reason: 'stale' }, now);
    return { events: [unanswered, event], inOrder: true };
  }
  const timer = { subject: cooldownScheduleSubject(elapsed.data), at: elapsed.data.until, event: elapsed };
  return { events: [event], timers: [timer] };
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
    snapshot: pods.state(data),
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
