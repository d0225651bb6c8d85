import { readFileSync } from 'node:fs';

interface Webhook {
  version: string;
  alerts: {
    status: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    endsAt: string;
    fingerprint?: string;
  }[];
  [field: string]: unknown;
}

const folder = new URL('../fixtures/alertmanager/', import.meta.url);

/** The text of a body as a real Alertmanager sent it. */
export function captured(name: string): string {
  return readFileSync(new URL(`${name}.json`, folder), 'utf8');
}

/** The same, parsed, to be changed. */
export function webhook(name = 'am0.33.1-single_firing'): Webhook {
  return JSON.parse(captured(name)) as Webhook;
}

/** A body with one alert made of a captured one: these labels, and no fingerprint, so that it is computed. */
export function alertBody(
  labels: Record<string, string>,
  { status = 'firing', startsAt }: { status?: string; startsAt?: string } = {},
): Webhook {
  const body = webhook();
  const [alert] = body.alerts;
  if (!alert) throw new Error('the capture has no alert');
  const { fingerprint: _, ...rest } = alert;
  return {
    ...body,
    alerts: [{ ...rest, status, startsAt: startsAt ?? rest.startsAt, labels: { ...rest.labels, ...labels } }],
  };
}
