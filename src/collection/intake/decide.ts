import type { AlertReceivedData, AlertRenewedData } from '../../events/data/alert.ts';
import { createEvent, type Event, type StoredEvent } from '../../events/envelope.ts';
import { collectionIdOf, decidedIdOf, receptionIdOf } from '../../events/ids.ts';
import { millisOf, nanosOf, timeOf } from '../../events/instant.ts';
import type { Pod } from '../../events/subjects.ts';
import { own } from '../../events/own.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import { labelsFor } from './labels.ts';

/** What of an alert decides. */
export type DecidedAlert = Pick<AlertReceivedData, 'labels' | 'fingerprint' | 'startsAt'> &
  Pick<AlertRenewedData, 'repeat'>;

/** An alert about a pod, and what the policy wants for it. */
export interface Question {
  /** Why it is asked: the alert came, the cooldown that it waited for ended, or it stands for this pod among others. */
  cause:
    | StoredEvent<'AlertReceived' | 'AlertRenewed'>
    | StoredEvent<'CooldownElapsed'>
    | StoredEvent<'TargetsFound'>;
  alertId: string;
  alert: DecidedAlert;
  pod: Pod & { sts?: string };
  plan: Plan;
  /** A firing alert older than this starts no recording. */
  maxAlertAgeSeconds: number;
  /** Somebody asked for it: no cooldown holds it up. */
  byHand?: { by: string; reason: string };
}

export type IntakeDecision = Event<'CollectionRequested' | 'AlertAttached' | 'CollectionSuppressed'>;

/** Part of ce-source: the intake decides, but for what is asked for by hand. */
const part = 'intake';

/**
 * What an alert leads to. Pure: `now` (RFC 3339) becomes the time of the event. Answers undefined where
 * the pod's log holds the answer already.
 */
export function decide(snapshot: PodSnapshot, question: Question, now: string): IntakeDecision | undefined {
  const { cause, alertId, alert, pod, plan } = question;
  const { context } = snapshot;
  const causeId = causeIdOf(cause, pod);
  if (hasDecided(snapshot, causeId)) return undefined;
  const elapsed = cause.type === 'CooldownElapsed' ? cause.data : undefined;
  // The server's clock fired the timer; ours may be behind it.
  const at = laterOf(now, elapsed?.until);
  const { byHand } = question;
  const about = { part: byHand ? 'api' : part, time: at, causeId, traceparent: cause.traceparent };
  const { searchId } = elapsed ?? {
    searchId: cause.type === 'TargetsFound' ? cause.data.searchId : undefined,
  };
  const alertRef = { ...refOf(alertId, alert), ...(searchId === undefined ? {} : { searchId }) };

  if (context.current) {
    const { collectionId } = context.current;
    return createEvent('AlertAttached', { ...pod, collectionId, ...alertRef }, about);
  }
  // An alert that waited for a cooldown could not be answered before its end. Everything is by the server's clock: the one of
  // the machine that received the alert may be another.
  const since = elapsed?.until ?? (cause.type === 'TargetsFound' ? cause.data.since : cause.storedAt);
  const ageSeconds = (millisOf(at) - millisOf(since)) / 1_000;
  if (!(ageSeconds <= question.maxAlertAgeSeconds)) {
    const age = Number.isFinite(ageSeconds) ? { ageSeconds } : {};
    return createEvent('CollectionSuppressed', { ...pod, ...alertRef, reason: 'stale', ...age }, about);
  }
  const cooldown = plan.cooldownBy === 'row' ? own(context.rowCooldowns ?? {}, plan.rule) : context.cooldown;
  if (cooldown && !question.byHand && millisOf(at) < millisOf(cooldown.until)) {
    return createEvent(
      'CollectionSuppressed',
      { ...pod, ...alertRef, reason: 'cooldown', ...cooldown },
      about,
    );
  }
  const given = labelsFor(plan, alert.labels);
  const trigger = { ...triggerOf(alertRef, alert), ...given, ...(byHand ? { byHand } : { dueAt: since }) };
  const collectionId = collectionIdOf(causeId);
  return createEvent('CollectionRequested', { ...pod, collectionId, trigger, plan }, about);
}

/** What events say of an alert: which one it is. */
export function refOf(alertId: string, { labels, fingerprint, startsAt }: DecidedAlert) {
  const { alertname } = labels;
  return { alertId, ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt };
}

/** What the request for a recording says of its alert. */
export function triggerOf<Ref extends object>(ref: Ref, { labels, repeat }: DecidedAlert) {
  const { severity, container } = labels;
  return {
    ...ref,
    ...(severity === undefined ? {} : { severity }),
    ...(container === undefined ? {} : { container }),
    ...(repeat === undefined ? {} : { repeat }),
  };
}

/** The id that decisions about a pod are derived from. */
export function causeIdOf(cause: Question['cause'], { pod }: Pick<Pod, 'pod'>): string {
  if (cause.type === 'TargetsFound') return decidedIdOf(cause.data.searchId, pod);
  if (cause.type === 'CooldownElapsed') return cause.id;
  return receptionOf(cause);
}

/** The id that decisions are derived from which follow from an alert that was told. */
export function receptionOf(cause: StoredEvent<'AlertReceived' | 'AlertRenewed'>): string {
  const alertId = cause.type === 'AlertRenewed' ? cause.data.alertId : cause.id;
  return receptionIdOf(alertId, nanosOf(cause.data.receivedAt) ?? 0n);
}

/** True where the pod remembers what was decided because of an event, or because of the timer that it set. */
export function hasDecided({ context }: PodSnapshot, causeId: string): boolean {
  return context.decided.some((id) => id.startsWith(`${causeId}/`));
}

export const decisionTypes = ['CollectionRequested', 'AlertAttached', 'CollectionSuppressed'] as const;
export type DecisionType = (typeof decisionTypes)[number];

function laterOf(a: string, b: string | undefined): string {
  return b !== undefined && millisOf(b) > millisOf(a) ? timeOf(millisOf(b)) : a;
}
