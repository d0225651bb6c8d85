import { type TSchema, Type } from '@sinclair/typebox';
import { AlertmanagerWebhook, parseAlertmanager, WebhookAlert } from './alertmanager.ts';
import { Alert, type AlertsReception, AlertsWebhook, parseAlerts } from './alerts.ts';
import type { ParsedBody } from './parsed.ts';

/** A form in which senders tell alerts. */
export interface Format {
  /** Reads the JSON of a body. */
  parse: (body: unknown, reception: AlertsReception) => ParsedBody;
  /** The problem where the body as a whole is not of this form. */
  fault: 'not-alertmanager-v4' | 'not-alerts';
  /** An alert says at most so many times what the text says that it came in. */
  growth: number;
  /** For readers: what is checked is checked by `parse`. */
  body: TSchema;
  summary: string;
  /** True: senders can wait for what their alerts lead to. Alertmanager would give up and send again. */
  sync: boolean;
}

export const formats: Record<'alertmanager' | 'alerts', Format> = {
  alertmanager: {
    parse: (body, { receivedAt, source }) => parseAlertmanager(body, receivedAt, source),
    fault: 'not-alertmanager-v4',
    growth: 1,
    body: Type.Object({ ...AlertmanagerWebhook.properties, alerts: Type.Array(WebhookAlert) }),
    summary: 'The webhook of Alertmanager',
    sync: false,
  },
  alerts: {
    parse: parseAlerts,
    fault: 'not-alerts',
    // The title stands in it twice, and JSON within JSON is escaped twice; 1e20 is written out.
    growth: 2,
    body: Type.Object({ ...AlertsWebhook.properties, alerts: Type.Array(Alert) }),
    summary: 'Alerts with a title, from any sender',
    sync: true,
  },
};
