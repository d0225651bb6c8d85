import { type TSchema, Type } from '@sinclair/typebox';
import { AlertmanagerWebhook, parseAlertmanager, WebhookAlert } from './alertmanager.ts';
import { alertnameOf } from './alert-labels.ts';
import { Alert, type AllowedValues, type AlertsReception, AlertsWebhook, parseAlerts } from './alerts.ts';
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
  /** Makes the name of an alert of its title; absent where senders name alerts themselves. */
  nameOf?: (title: string) => string;
  /** True: senders can wait for what their alerts lead to. Alertmanager would give up and send again. */
  sync: boolean;
}

/** The form in which a source tells alerts, with what it may say in it. */
export function formatOf({ format, ...allowed }: FormatOptions): Format {
  return format === 'alerts' ? titled(allowed) : alertmanager;
}

interface FormatOptions extends AllowedValues {
  format: 'alertmanager' | 'alerts';
}

const alertmanager: Format = {
  parse: (body, { receivedAt, source }) => parseAlertmanager(body, receivedAt, source),
  fault: 'not-alertmanager-v4',
  growth: 1,
  body: Type.Object({ ...AlertmanagerWebhook.properties, alerts: Type.Array(WebhookAlert) }),
  summary: 'The webhook of Alertmanager',
  sync: false,
};

function titled(allowed: AllowedValues): Format {
  return {
    parse: (body, reception) => parseAlerts(body, reception, allowed),
    fault: 'not-alerts',
    // The title stands in it twice, and JSON within JSON is escaped twice; 1e20 is written out.
    growth: 2,
    body: Type.Object({ ...AlertsWebhook.properties, alerts: Type.Array(alertWith(allowed)) }),
    summary: 'Alerts with a title, from any sender',
    sync: true,
    nameOf: alertnameOf,
  };
}

/** The schema of an alert, for readers: with the values that its source may say. */
function alertWith({ severities, types }: AllowedValues): TSchema {
  const oneOf = (values: readonly string[] | undefined, schema: TSchema) =>
    values
      ? { ...schema, description: `${String(schema['description'])}; one of ${values.join(', ')}` }
      : schema;
  const { severity, type } = Alert.properties;
  return Type.Object({
    ...Alert.properties,
    severity: oneOf(severities, severity),
    type: oneOf(types, type),
  });
}
