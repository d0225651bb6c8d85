import { alertIdOf } from '../../../src/events/ids.ts';
import { nanosOf } from '../../../src/events/instant.ts';
import { fingerprintOf } from '../../../src/events/fingerprint.ts';
import type { FuzzRequest } from './bodies.ts';
import { expectedOfTitled } from './titled-oracle.ts';

/** What must become of one alert. `either`: it is near the limit of a message. */
export interface Verdict {
  taken: 'yes' | 'no' | 'either';
  /** What it has where it is taken; absent where that is left open. */
  id?: string;
  /** That of an alert with the same name, fingerprint and start which was there before, with other labels. */
  otherId?: string;
  fingerprint?: string;
}

/** What the answer must be, if the service has room for the body. */
export type Expected =
  | { status: 400 | 401 | 403 | 413 | 421 }
  | { status: 200 | 400; verdicts: Verdict[] }
  /** Nothing is foretold but that it is answered, and that no alert of a sender comes of it. */
  | { status: 'any' };

export interface Limits {
  maxBodyBytes: number;
  /** What an alert may need of a message. */
  maxAlertBytes: number;
}

/** Reads a request by the rules of the contract, written down here once more and without the service's parsers. */
export function expectedOf({ body, format, headers, refused }: FuzzRequest, limits: Limits): Expected {
  if (refused?.when === 'before') return { status: refused.status };
  if (format === 'action') return { status: 'any' };
  if (body.length > limits.maxBodyBytes) return { status: 413 };
  if (refused) return { status: refused.status };
  const json = parsed(body);
  if (format === 'alerts') {
    // Where bodies are signed the header does not count.
    const key = 'x-signature' in headers ? '' : (headers['idempotency-key'] ?? '');
    return expectedOfTitled(json, key, limits);
  }
  if (!isRecord(json) || !isWebhook(json) || !Array.isArray(json['alerts'])) return { status: 400 };
  const alerts: unknown[] = json['alerts'];
  const around = { ...json, alerts: [] };
  const verdicts = alerts.map((alert) => verdictOf(alert, around, limits));
  const isRefused = verdicts.length > 0 && verdicts.every(({ taken }) => taken === 'no');
  return { status: isRefused ? 400 : 200, verdicts };
}

function verdictOf(alert: unknown, around: object, { maxAlertBytes }: Limits): Verdict {
  if (!isRecord(alert)) return { taken: 'no' };
  const { status, startsAt, endsAt, generatorURL, fingerprint, labels, annotations } = own(alert);
  const startsAtNanos = typeof startsAt === 'string' ? nanosOf(startsAt) : undefined;
  const areTexts = [endsAt, generatorURL, fingerprint].every(isTextOrAbsent);
  if (status !== 'firing' && status !== 'resolved') return { taken: 'no' };
  if (startsAtNanos === undefined || !areTexts || !isLabels(labels)) return { taken: 'no' };
  if (annotations !== undefined && !isLabels(annotations)) return { taken: 'no' };
  if (typeof fingerprint === 'string' && fingerprint.length > 256) return { taken: 'no' };
  const given = typeof fingerprint === 'string' && fingerprint !== '' ? fingerprint : fingerprintOf(labels);
  const isSmall = bytesOf([alert, around]) + 1_000 < maxAlertBytes;
  // Prometheus's own fingerprint holds the name; with any other the name is part of the id.
  const ids = [undefined, labels['alertname'] ?? ''].map((name) =>
    alertIdOf(given, startsAtNanos, status, name),
  );
  const [id, otherId] = given === fingerprintOf(labels) ? ids : ids.reverse();
  return { taken: isSmall ? 'yes' : 'either', ...(id && otherId ? { id, otherId } : {}), fingerprint: given };
}

function isWebhook(webhook: Record<string, unknown>): boolean {
  const { version, receiver, groupKey, externalURL, notification_reason: reason } = own(webhook);
  return version === '4' && [receiver, groupKey, externalURL, reason].every(isTextOrAbsent);
}

function isLabels(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string');
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Without what the prototype would answer for an absent field.
export function own(record: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, record);
}

export function bytesOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    // Nested too deep to be written, in a field that is not kept: how large the rest is stays open.
    return Number.POSITIVE_INFINITY;
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
