import type { AlertReceivedData } from '../events/alert-events.ts';
import { createEvent } from '../events/envelope.ts';
import { append } from '../log/append.ts';
import type { Connection } from '../log/connection.ts';
import { LogUnavailable, MessageTooLarge, WrongLastSequence } from '../log/errors.ts';
import type { CheckRoom } from '../log/room.ts';
import { type Logger, loggerAbout } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ParsedAlert } from './alertmanager.ts';
import { fitAlert } from './fit.ts';

/** What became of one alert of a webhook. */
export interface AlertResult {
  fingerprint: string | null;
  alertname: string | null;
  /** Id of the AlertReceived; null where the alert was rejected. */
  id: string | null;
  result: 'accepted' | 'duplicate' | 'rejected';
  /** Why it was rejected. */
  reason?: string;
}

export interface AcceptDeps {
  connection: Connection;
  checkRoom: CheckRoom;
  logger: Logger;
  metrics: Metrics;
}

export type Accept = (
  alerts: readonly ParsedAlert[],
  /** Size of the body that they came in. */
  bytes: number,
  traceparent: string | undefined,
) => Promise<AlertResult[]>;

/** Room in a message for the headers and NATS's own words. */
const headerBytes = 4_096;
/** More at once would make one huge webhook push everybody else's appends out. */
const maxInFlight = 256;

/**
 * Puts the alerts of a webhook on the stream, each once for as long as the stream remembers it, and resolves when the server
 * has them all. Throws LogUnavailable where it could not; what was stored by then is a duplicate the next time.
 */
export function createAccept({ connection, checkRoom, logger, metrics }: AcceptDeps): Accept {
  const maxBytes = connection.server.maxPayload - headerBytes;

  const acceptOne = async (parsed: ParsedAlert, traceparent: string | undefined): Promise<AlertResult> => {
    if (!('alert' in parsed)) return { ...parsed, id: null, result: 'rejected' };
    const alert = fitAlert(parsed.alert, maxBytes);
    const named = {
      fingerprint: parsed.alert.fingerprint,
      alertname: parsed.alert.labels['alertname'] ?? null,
    };
    if (!alert) return { ...named, id: null, result: 'rejected', reason: tooLarge };
    const untraced = createEvent('AlertReceived', alert, { part: 'ingest', time: alert.receivedAt });
    const event = { ...untraced, traceparent: traceparent ?? traceparentOf(untraced.id) };
    // Alertmanager repeats after hours, long after the duplicate window: the subject must be empty as well.
    const result = await append(connection, event, { lastSequence: 0 }).then(
      ({ duplicate }) => (duplicate ? 'duplicate' : 'accepted'),
      (error: unknown) => {
        if (error instanceof WrongLastSequence) return 'duplicate';
        if (error instanceof MessageTooLarge) return 'rejected';
        throw error;
      },
    );
    log(alert, event.id, result);
    if (result === 'rejected') return { ...named, id: null, result, reason: tooLarge };
    return { ...named, id: event.id, result };
  };

  const log = ({ labels, status, fingerprint }: AlertReceivedData, id: string, result: string) => {
    const { alertname, namespace, pod, kube_context: kubeContext } = labels;
    const about = loggerAbout(logger, { alertname, namespace, pod, kubeContext, correlationId: id });
    about[result === 'duplicate' ? 'debug' : 'info']({ status, fingerprint, result }, 'alert received');
  };

  return async (alerts, bytes, traceparent) => {
    if (!connection.isConnected()) throw new LogUnavailable('NATS is not connected');
    await checkRoom(alerts.length, bytes);
    const results: AlertResult[] = new Array<AlertResult>(alerts.length);
    const next = alerts.entries();
    const takeTurns = async () => {
      for (const [index, parsed] of next) results[index] = await acceptOne(parsed, traceparent);
    };
    await Promise.all(Array.from({ length: Math.min(maxInFlight, alerts.length) }, takeTurns));
    results.forEach(({ alertname, result }, index) => {
      const parsed = alerts[index];
      const status = parsed && 'alert' in parsed ? parsed.alert.status : 'unknown';
      metrics.alertsReceived.inc({ alertname: metrics.alertname(alertname ?? undefined), status, result });
    });
    return results;
  };
}

// A sender without tracing: the alert's own id begins the trace.
function traceparentOf(alertId: string): string {
  return `00-${alertId.slice(0, 32)}-${alertId.slice(32, 48)}-01`;
}

const tooLarge = 'the alert does not fit into a message of the stream, not even without annotations';
