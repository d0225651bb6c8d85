import { createEvent, type Event } from '../events/envelope.ts';
import { fingerprintOf } from '../events/fingerprint.ts';
import { nanosOf } from '../events/instant.ts';
import { alertAnyNameSubject, alertEverSubject } from '../events/subjects.ts';
import type { Expectation } from '../log/append.ts';
import { fitAlert } from './fit.ts';
import type { ParsedAlert, ReadAlert } from './parsed.ts';

export type AlertReceived = Event<'AlertReceived'>;

/** An event, and what must hold for it to be stored. */
export interface Item {
  event: AlertReceived;
  expectation: Expectation;
  /** The sender names no time: any reception of the alert is the one. */
  once: boolean;
}

/** Undefined where the alert was not read, or does not fit. */
export function itemOf(
  parsed: ParsedAlert,
  maxBytes: number,
  traceparent: string | undefined,
): Item | undefined {
  if (!('alert' in parsed)) return undefined;
  const alert = fitAlert(parsed.alert, maxBytes);
  if (!alert) return undefined;
  const event = createEvent('AlertReceived', alert, { part: 'ingest', time: alert.receivedAt });
  // A sender without tracing: the alert's own id begins the trace.
  event.traceparent = traceparent ?? `00-${event.id.slice(0, 32)}-${event.id.slice(32, 48)}-01`;
  return { event, expectation: expectationOf(parsed), once: parsed.once ?? false };
}

function expectationOf({ alert, once = false }: ReadAlert): Expectation {
  const { labels, fingerprint, status } = alert;
  if (once) {
    const key = { alertname: labels['alertname'], fingerprint, status };
    return { lastSequence: 0, filter: alertEverSubject(key, 'AlertReceived') };
  }
  // Prometheus's own fingerprint holds the name, so that the subject is enough. Anybody else's may come under another name:
  // that is the same alert, and no other name may have it either. The server takes a quarter longer to look at all names.
  if (fingerprint === fingerprintOf(labels)) return { lastSequence: 0 };
  const key = { fingerprint, startsAtNanos: nanosOf(alert.startsAt) ?? 0n, status };
  return { lastSequence: 0, filter: alertAnyNameSubject(key, 'AlertReceived') };
}
