import { type AlertReceivedData, byHandSource } from '../events/alert-events.ts';
import { createEvent, decodeEvent, isEvent, type StoredEvent } from '../events/envelope.ts';
import { decidedIdOf } from '../events/ids.ts';
import { nanosOf } from '../events/instant.ts';
import { alertSubject, cooldownScheduleSubject, podSubject } from '../events/subjects.ts';
import { append, schedule } from '../log/append.ts';
import type { Connection } from '../log/connection.ts';
import type { Delivery, Verdict } from '../log/consume.ts';
import { WrongLastSequence } from '../log/errors.ts';
import { lastMessage } from '../log/read.ts';
import { type Logger, loggerAbout } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Board } from './board.ts';
import { causeIdOf, decide, type Decision, type Question } from './decide.ts';
import { type Policy, podOf } from './policy.ts';
import type { Pods } from './pods.ts';

export interface IntakeDeps {
  connection: Connection;
  stream: string;
  board: Board;
  pods: Pods;
  policy: Policy;
  maxAlertAgeSeconds: number;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  metrics: Metrics;
}

type Cause = StoredEvent<'AlertReceived' | 'CooldownElapsed'>;
const suppressedThenElapsed = '/CollectionSuppressed/CooldownElapsed';

/** Decides what a firing alert leads to, and decides it again when the cooldown that it waited for has ended. */
export function createIntake(deps: IntakeDeps) {
  return async (event: Cause, delivery: Delivery): Promise<Verdict> => {
    if (event.type === 'AlertReceived') {
      if (event.data.source === byHandSource) return 'done';
      await decideAlert(deps, event, event.id, event.data);
      return 'done';
    }
    await deps.board.whenApplied(podSubject(event.data), delivery.sequence);
    const alert = await stillFiring(deps, event);
    if (alert) await decideAlert(deps, event, event.data.alertId, alert);
    return 'done';
  };
}

async function decideAlert(deps: IntakeDeps, cause: Cause, alertId: string, alert: AlertReceivedData) {
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
  const decision = (await pods.decide(pod, async (snapshot) => {
    const answer = decide(snapshot, question, deps.now());
    if (answer?.type === 'CollectionSuppressed') await setTimer(deps, answer);
    return answer;
  })) as Decision | undefined;
  if (!decision) return;
  metrics.decisions.inc({ decision: decision.type });
  const { alertname } = alert.labels;
  const { traceparent } = cause;
  loggerAbout(deps.logger, {
    ...pod,
    alertname,
    correlationId: alertId,
    collectionId: idOf(decision),
    traceparent,
  }).info(
    { event: decision.type, ...('reason' in decision.data ? { reason: decision.data.reason } : {}) },
    sentences[decision.type],
  );
}

const sentences = {
  CollectionRequested: 'a recording is requested',
  AlertAttached: 'the pod is being recorded already: the alert is attached',
  CollectionSuppressed: 'no recording for this alert now',
};

/**
 * The timer is set before the event is appended: an alert that is suppressed in the log always has one. Where the append
 * then fails, the timer moves with the next try, or fires for an alert that was decided otherwise and is dropped.
 */
async function setTimer({ connection }: IntakeDeps, { id, data, traceparent }: Decision): Promise<void> {
  if (!('until' in data) || !data.until || !data.afterCollectionId) return;
  const { reason: _reason, ageSeconds: _age, until, afterCollectionId, ...rest } = data;
  const event = createEvent(
    'CooldownElapsed',
    { ...rest, until, afterCollectionId },
    { part: 'intake', time: until, causeId: id, traceparent },
  );
  await schedule(connection, { subject: cooldownScheduleSubject(data.alertId), at: until }, event);
}

async function decline(
  deps: IntakeDeps,
  cause: Cause,
  alertId: string,
  alert: AlertReceivedData,
  why: { reason: 'missing-label' | 'invalid-label'; label: string; message: string },
): Promise<void> {
  const { alertname } = alert.labels;
  const { fingerprint, startsAt } = alert;
  const event = createEvent(
    'AlertDeclined',
    { alertId, ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt, ...why },
    { part: 'intake', time: deps.now(), causeId: causeIdOf(cause), traceparent: cause.traceparent },
  );
  try {
    await append(deps.connection, event, { lastSequence: 0 });
  } catch (error) {
    if (!(error instanceof WrongLastSequence)) throw error;
    return;
  }
  deps.metrics.decisions.inc({ decision: 'AlertDeclined' });
  // As they were sent, also where that is no name: bounded, and JSON keeps them harmless.
  const { kube_context, namespace, pod } = alert.labels;
  const [kubeContext, ...names] = [kube_context, namespace, pod].map((value) => value?.slice(0, 253));
  const { traceparent } = cause;
  const about = {
    alertname,
    correlationId: alertId,
    traceparent,
    kubeContext,
    namespace: names[0],
    pod: names[1],
  };
  loggerAbout(deps.logger, about).warn(
    { event: 'AlertDeclined', label: why.label, reason: why.reason },
    why.message,
  );
}

/** The alert that waited, unless it has resolved since, is gone from the stream, or was decided otherwise. */
async function stillFiring(
  deps: IntakeDeps,
  { id, data }: StoredEvent<'CooldownElapsed'>,
): Promise<AlertReceivedData | undefined> {
  const { connection, stream, pods } = deps;
  const { decided } = pods.snapshot(data).context;
  const alertCause = id.endsWith(suppressedThenElapsed) ? id.slice(0, -suppressedThenElapsed.length) : '';
  const isAnswered = ['CollectionRequested', 'AlertAttached'].some((type) =>
    decided.includes(decidedIdOf(alertCause, type)),
  );
  if (isAnswered) return undefined;
  const startsAtNanos = nanosOf(data.startsAt);
  if (startsAtNanos === undefined) throw new RangeError(`CooldownElapsed names no time: ${data.startsAt}`);
  const key = { alertname: data.alertname, fingerprint: data.fingerprint, startsAtNanos };
  const resolved = alertSubject({ ...key, status: 'resolved' }, 'AlertReceived');
  if (await lastMessage(connection, stream, resolved)) {
    const subject = { ...data, correlationId: data.alertId };
    loggerAbout(deps.logger, subject).info('the alert resolved during the cooldown: nothing is recorded');
    return undefined;
  }
  const firing = alertSubject({ ...key, status: 'firing' }, 'AlertReceived');
  const message = await lastMessage(connection, stream, firing);
  const event = message ? decodeEvent(message) : undefined;
  return event && isEvent(event) && event.type === 'AlertReceived' ? event.data : undefined;
}

function idOf({ data }: Decision): string | undefined {
  return 'collectionId' in data ? data.collectionId : undefined;
}
