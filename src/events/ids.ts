import { hash } from 'node:crypto';
import { fingerprintOf } from './fingerprint.ts';
import { nanosOf } from './instant.ts';

/**
 * The id of an alert (AlertReceived): sha256 in hex of fingerprint, startsAt in nanoseconds since 1970 and
 * status, joined by NUL. Source, externalURL, endsAt and annotations stay out: two Alertmanagers that tell
 * the same alert differ in them. A fingerprint that is Prometheus's own of the labels holds the alert's name. With any
 * other the name is part of the id, as it is of the subject: otherwise two alerts could have one id and two subjects.
 */
export function alertIdOf(
  fingerprint: string,
  startsAtNanos: bigint,
  status: string,
  foreignName?: string,
): string {
  const parts = [fingerprint, startsAtNanos.toString(), status];
  return sha256Hex((foreignName === undefined ? parts : [...parts, foreignName]).join('\0'));
}

/** The same of an alert as it was told. */
export function idOfAlert(alert: IdentifiedAlert & { status: string; ownFingerprint?: boolean }): string {
  const {
    fingerprint,
    startsAt,
    status,
    labels,
    ownFingerprint: isOwn = fingerprint === fingerprintOf(labels),
  } = alert;
  const foreignName = isOwn ? undefined : (labels['alertname'] ?? '');
  return alertIdOf(fingerprint, nanosOf(startsAt) ?? 0n, status, foreignName);
}

/** The id that an alert has once it is told to be resolved. The one that it has while it fires shows whether its name is part of it. */
export function resolvedIdOf(firingId: string, alert: IdentifiedAlert): string {
  const startsAtNanos = nanosOf(alert.startsAt) ?? 0n;
  const ownFingerprint = firingId === alertIdOf(alert.fingerprint, startsAtNanos, 'firing');
  return idOfAlert({ ...alert, status: 'resolved', ownFingerprint });
}

interface IdentifiedAlert {
  fingerprint: string;
  startsAt: string;
  labels: Readonly<Record<string, string>>;
}

/**
 * What decisions about an alert are named after: the alert as it was stored at that time. Once the stream has forgotten an
 * alert that still fires, its next repeat is stored anew and decided anew, also by processes that remember the first time;
 * those that do not would decide anew in any case, and all have to agree.
 */
export function receptionIdOf(alertId: string, receivedAtNanos: bigint): string {
  return `${alertId}@${receivedAtNanos.toString()}`;
}

/** The alert that an id begins with which was derived from its reception; the id itself where it is an alert's own. */
export function alertIdOfDecision(id: string): string {
  return id.split('@', 1)[0] ?? '';
}

/** The id of an event that was decided because of another one. Doing it again gives the same id. */
export function decidedIdOf(causeId: string, type: string): string {
  return `${causeId}/${type}`;
}

/**
 * The causes that an id of a decision is derived from, the last one first: what was decided when a cooldown ended follows from
 * its timer, and from what was told of the alert at first.
 */
export function causesOf(decisionId: string): string[] {
  const causes = [];
  for (let end = decisionId.lastIndexOf('/'); end > 0; end = decisionId.lastIndexOf('/', end - 1))
    causes.push(decisionId.slice(0, end));
  return causes;
}

/** The id of a collection: 32 hex digits, derived from what caused it (reception of an alert, or elapsed cooldown). */
export function collectionIdOf(causeId: string): string {
  return sha256Hex(decidedIdOf(causeId, 'CollectionRequested')).slice(0, 32);
}

/** The id of an event within a collection. `run` counts redrives from 1, `attempt` counts from 1 (0: none). */
export function collectionEventIdOf(
  collectionId: string,
  run: number,
  attempt: number,
  type: string,
): string {
  return `${collectionId}/${String(run)}/${String(attempt)}/${type}`;
}

/** sha256 of a text's UTF-8 bytes, in hex. */
export function sha256Hex(text: string): string {
  return hash('sha256', text);
}
