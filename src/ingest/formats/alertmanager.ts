import { type Static, Type } from '@sinclair/typebox';
import { TypeCompiler } from '@sinclair/typebox/compiler';
import type { AlertReceivedData } from '../../events/data/alert.ts';
import { nanosOf } from '../../events/instant.ts';
import { fingerprintOf } from '../../events/fingerprint.ts';
import {
  firstFault,
  isRecord,
  type ParsedAlert,
  type ParsedBody,
  type Reception,
  textOf,
  type UntakenAlert,
} from './parsed.ts';

// Without the pattern, TypeBox asks nothing of the values of names with a line break in them: its own is /^(.*)$/.
const Labels = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String());

/** One alert of a webhook, as Alertmanager sends it; what it does not need is not asked for. */
export const WebhookAlert = Type.Object({
  status: Type.Union([Type.Literal('firing'), Type.Literal('resolved')], {
    description: 'firing or resolved',
  }),
  labels: Labels,
  annotations: Type.Optional(Labels),
  startsAt: Type.String({ description: 'RFC 3339' }),
  endsAt: Type.Optional(Type.String()),
  generatorURL: Type.Optional(Type.String()),
  fingerprint: Type.Optional(Type.String({ maxLength: 256 })),
});

/**
 * The body of an Alertmanager webhook, version 4. Fields that are not named here are accepted. The alerts are checked
 * one by one, so that one malformed alert does not lose the others.
 */
export const AlertmanagerWebhook = Type.Object({
  version: Type.Literal('4', { description: 'the version of the format: "4"' }),
  receiver: Type.Optional(Type.String()),
  groupKey: Type.Optional(Type.String()),
  externalURL: Type.Optional(Type.String()),
  notification_reason: Type.Optional(Type.String()),
  alerts: Type.Array(Type.Unknown()),
});

type WebhookAlert = Static<typeof WebhookAlert>;
type Webhook = Static<typeof AlertmanagerWebhook>;

const webhookCheck = TypeCompiler.Compile(AlertmanagerWebhook);
const alertCheck = TypeCompiler.Compile(WebhookAlert);

/** Alertmanager's way of saying "not yet": Go's zero time. */
const zeroTime = '0001-01-01T00:00:00Z';

/** Reads the JSON of a webhook into alerts. `receivedAt` is RFC 3339, `source` the name of the sender in the configuration. */
export function parseAlertmanager(body: unknown, receivedAt: string, source = 'alertmanager'): ParsedBody {
  if (!webhookCheck.Check(body)) return { fault: firstFault(webhookCheck, body) };
  return {
    alerts: body.alerts.map((alert, index) => parseAlert(body, alert, index, { source, receivedAt })),
  };
}

function parseAlert(webhook: Webhook, alert: unknown, index: number, reception: Reception): ParsedAlert {
  if (!alertCheck.Check(alert)) {
    const { path, message } = firstFault(alertCheck, alert);
    return rejected(alert, `/alerts/${String(index)}${path}: ${message}`);
  }
  if (nanosOf(alert.startsAt) === undefined) {
    return rejected(alert, `/alerts/${String(index)}/startsAt: Expected an RFC 3339 time`);
  }
  return { alert: received(webhook, alert, reception) };
}

function received(webhook: Webhook, alert: WebhookAlert, reception: Reception): AlertReceivedData {
  const { status, labels, annotations = {}, startsAt, endsAt = zeroTime, generatorURL = '' } = alert;
  const { receiver = '', groupKey = '', externalURL = '', notification_reason: notificationReason } = webhook;
  return {
    source: reception.source,
    receiver,
    groupKey,
    status,
    labels,
    annotations,
    startsAt,
    ...(endsAt === zeroTime ? {} : { endsAt }),
    generatorURL,
    externalURL,
    fingerprint: alert.fingerprint ? alert.fingerprint : fingerprintOf(labels),
    receivedAt: reception.receivedAt,
    ...(notificationReason === undefined ? {} : { notificationReason }),
  };
}

function rejected(alert: unknown, reason: string): UntakenAlert {
  const record = isRecord(alert) ? alert : {};
  const labels = isRecord(record['labels']) ? record['labels'] : {};
  const named = { fingerprint: textOf(record['fingerprint']), alertname: textOf(labels['alertname']) };
  return { result: 'rejected', reason, ...named };
}
