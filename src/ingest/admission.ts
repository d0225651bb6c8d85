import { createEvent, type Event } from '../events/envelope.ts';
import { alertEverSubject } from '../events/subjects.ts';
import type { Expectation } from '../log/write/append.ts';
import { fitAlert } from './formats/fit.ts';
import type { ParsedAlert, ReadAlert } from './formats/parsed.ts';

export type AlertReceived = Event<'AlertReceived'>;

/** An event, and what must hold for it to be stored. */
export interface Admission {
  event: AlertReceived;
  expectation: Expectation;
}

/** Undefined where the alert was not read, or does not fit. */
export function itemOf(
  parsed: ParsedAlert,
  maxBytes: number,
  traceparent: string | undefined,
): Admission | undefined {
  if (!('alert' in parsed)) return undefined;
  const alert = fitAlert(parsed.alert, maxBytes);
  if (!alert) return undefined;
  const event = createEvent('AlertReceived', alert, { part: 'ingest', time: alert.receivedAt });
  // A sender without tracing: the alert's own id begins the trace.
  event.traceparent = traceparent ?? `00-${event.id.slice(0, 32)}-${event.id.slice(32, 48)}-01`;
  return { event, expectation: expectationOf(parsed) };
}

function expectationOf({ alert, once = false }: ReadAlert): Expectation {
  if (!once) return { lastSequence: 0 };
  const { labels, fingerprint, status } = alert;
  const filter = alertEverSubject({ alertname: labels['alertname'], fingerprint, status }, 'AlertReceived');
  return { lastSequence: 0, filter };
}
