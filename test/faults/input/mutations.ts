import { hostileText, hostileValue, oddTime, put } from './hostile.ts';
import type { Random } from '../../support/random.ts';
import { weighted } from './weighted.ts';

export type Json = Record<string, unknown>;

/** Changes an alert of a capture in one way. Some of the changes leave it well-formed. */
export function mutateAlert(alert: Json, random: Random): void {
  weighted(random, [
    [5, () => hostileLabel(alert, random)],
    [3, () => put(alert, 'startsAt', oddTime(random))],
    [2, () => put(recordOf(alert, 'annotations'), hostileText(random), hostileText(random))],
    [1, () => put(alert, 'fingerprint', oddFingerprint(random))],
    [1, () => put(alert, 'endsAt', random.chance(0.8) ? oddTime(random) : hostileValue(random))],
    [1, () => put(alert, random.pick(fieldsOfAlert), hostileValue(random))],
    [1, () => remove(alert, random.pick(fieldsOfAlert))],
    [1, () => put(alert, hostileText(random), hostileValue(random))],
    [1, () => remove(recordOf(alert, 'labels'), random.pick(neededLabels))],
    [1, () => put(alert, 'status', random.pick(['firing', 'resolved', 'Firing', 'suppressed', '']))],
    [0.3, () => outsize(alert, random)],
  ]);
}

/** Changes what is around the alerts in one way. */
export function mutateWebhook(webhook: Json, random: Random): void {
  weighted(random, [
    [2, () => put(webhook, random.pick(['extra', hostileText(random)]), hostileValue(random))],
    [2, () => put(webhook, random.pick(fieldsOfWebhook), hostileText(random))],
    [1, () => put(webhook, random.pick(fieldsOfWebhook), hostileValue(random))],
    [1, () => remove(webhook, random.pick(fieldsOfWebhook))],
    [1, () => put(webhook, random.pick(['version', 'alerts']), hostileValue(random))],
  ]);
}

function hostileLabel(alert: Json, random: Random): void {
  const name = random.chance(0.5) ? random.pick(neededLabels) : hostileText(random);
  put(recordOf(alert, 'labels'), name, random.chance(0.85) ? hostileText(random) : hostileValue(random));
}

function oddFingerprint(random: Random): unknown {
  return weighted(random, [
    [2, () => hostileText(random)],
    [1, () => random.pick(['', 'x'.repeat(256), 'x'.repeat(257), '\ud800'.repeat(256), null, 7])],
  ]);
}

// More than a message may hold: in what can be left out, or in what cannot.
function outsize(alert: Json, random: Random): void {
  const [part, name] = random.pick([
    ['annotations', 'log'],
    ['labels', 'blob'],
    ['labels', 'alertname'],
    ['labels', 'pod'],
  ] as const);
  put(
    recordOf(alert, part),
    name,
    random.pick(['x', '\0', 'é', '\ud800']).repeat(random.pick([9_000, 40_000, 70_000])),
  );
}

function recordOf(parent: Json, name: string): Json {
  const value = Object.hasOwn(parent, name) ? parent[name] : undefined;
  // Of a type that it got by an earlier change: this one is lost.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function remove(record: Json, name: string): void {
  Reflect.deleteProperty(record, name);
}

const neededLabels = ['alertname', 'namespace', 'pod', 'kube_context', 'sts', 'severity'];
const fieldsOfAlert = [
  'status',
  'labels',
  'annotations',
  'startsAt',
  'endsAt',
  'generatorURL',
  'fingerprint',
];
const fieldsOfWebhook = [
  ...['version', 'receiver', 'groupKey', 'externalURL', 'notification_reason'],
  ...['truncatedAlerts', 'groupLabels', 'status', 'routeLabels'],
];
