import { createEvent, type Event } from '../events/envelope.ts';
import { append, appendTogether, maxTogether } from '../log/append.ts';
import type { Connection } from '../log/connection.ts';
import { LogUnavailable, MessageTooLarge, WrongLastSequence } from '../log/errors.ts';
import type { CheckRoom } from '../log/room.ts';
import { fieldsAbout, type Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ParsedAlert } from './alertmanager.ts';
import { fitAlert, fitsInAnyCase } from './fit.ts';
import { createPlaces } from './places.ts';

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
  /** Length of the text that they came in. */
  units: number,
  traceparent: string | undefined,
) => Promise<AlertResult[]>;

type AlertReceived = Event<'AlertReceived'>;
type Result = AlertResult['result'];

/** Room in a message for the headers and NATS's own words. */
const headerBytes = 4_096;
/** More at once would make one huge webhook push everybody else's appends out. */
const maxInFlight = 256;
/** From so many alerts on they are appended together: below it, single appends are as fast (docs/performance.md). */
const togetherFrom = 100;
/** The server takes 50 open batches for a stream, of all processes. */
const maxOpenBatches = 8;

/**
 * Puts the alerts of a webhook on the stream, each once for as long as the stream remembers it, and resolves when the server
 * has them all. Throws LogUnavailable where it could not; what was stored by then is a duplicate the next time.
 */
export function createAccept({ connection, checkRoom, logger, metrics }: AcceptDeps): Accept {
  const maxBytes = connection.server.maxPayload - headerBytes;
  const batches = createPlaces(maxOpenBatches);

  // Alertmanager repeats after hours, long after the duplicate window: the subject must be empty as well.
  const appendOne = (event: AlertReceived): Promise<Result> =>
    append(connection, event, { lastSequence: 0 }).then(
      ({ duplicate }) => (duplicate ? 'duplicate' : 'accepted'),
      (error: unknown) => {
        if (error instanceof WrongLastSequence) return 'duplicate';
        if (error instanceof MessageTooLarge) return 'rejected';
        throw error;
      },
    );

  const appendSingly = async (events: readonly AlertReceived[]): Promise<Map<string, Result>> => {
    const results = new Map<string, Result>();
    const next = events.values();
    const takeTurns = async () => {
      for (const event of next) results.set(event.id, await appendOne(event));
    };
    await Promise.all(Array.from({ length: Math.min(maxInFlight, events.length) }, takeTurns));
    return results;
  };

  const appendChunk = async (events: readonly AlertReceived[]): Promise<Map<string, Result>> => {
    if (events.length < togetherFrom) return appendSingly(events);
    return batches.take(async () => {
      const isAppended = await appendTogether(connection, events, { lastSequence: 0 });
      // One of them is there already, say: the others must not be lost for it.
      return isAppended ? new Map(events.map(({ id }) => [id, 'accepted'])) : appendSingly(events);
    });
  };

  const appendAll = async (events: readonly AlertReceived[]): Promise<Map<string, Result>> => {
    const chunks = Array.from({ length: Math.ceil(events.length / maxTogether) }, (_, index) =>
      events.slice(index * maxTogether, (index + 1) * maxTogether),
    );
    const results = await Promise.all(chunks.map(appendChunk));
    return new Map(results.flatMap((each) => [...each]));
  };

  return async (alerts, units, traceparent) => {
    if (!connection.isConnected()) throw new LogUnavailable('NATS is not connected');
    await checkRoom(alerts.length, units);
    const events = alerts.map((parsed) => eventOf(parsed, fitsInAnyCase(units, maxBytes) ? Infinity : maxBytes, traceparent)); // prettier-ignore
    const unique = new Map(events.flatMap((event) => (event ? [[event.id, event]] : [])));
    const appended = await appendAll([...unique.values()]);
    return alerts.map((parsed, index) => {
      const event = events[index];
      const outcome = resultOf(parsed, event, event && appended.get(event.id));
      // Told twice in one webhook: the second is a duplicate of the first.
      if (event && outcome.result === 'accepted') appended.set(event.id, 'duplicate');
      if (event) log(logger, event, outcome.result);
      const status = 'alert' in parsed ? parsed.alert.status : 'unknown';
      const alertname = metrics.alertname(outcome.alertname ?? undefined);
      metrics.alertsReceived.inc({ alertname, status, result: outcome.result });
      return outcome;
    });
  };
}

/** Undefined where the alert was not read, or does not fit. */
function eventOf(
  parsed: ParsedAlert,
  maxBytes: number,
  traceparent: string | undefined,
): AlertReceived | undefined {
  if (!('alert' in parsed)) return undefined;
  const alert = maxBytes === Infinity ? parsed.alert : fitAlert(parsed.alert, maxBytes);
  if (!alert) return undefined;
  const event = createEvent('AlertReceived', alert, { part: 'ingest', time: alert.receivedAt });
  // A sender without tracing: the alert's own id begins the trace.
  return { ...event, traceparent: traceparent ?? `00-${event.id.slice(0, 32)}-${event.id.slice(32, 48)}-01` };
}

function resultOf(
  parsed: ParsedAlert,
  event: AlertReceived | undefined,
  result: Result = 'rejected',
): AlertResult {
  if (!('alert' in parsed)) return { ...parsed, id: null, result: 'rejected' };
  const { fingerprint, labels } = parsed.alert;
  const named = { fingerprint, alertname: labels['alertname'] ?? null };
  if (!event || result === 'rejected') return { ...named, id: null, result: 'rejected', reason: tooLarge };
  return { ...named, id: event.id, result };
}

function log(logger: Logger, { id, data, traceparent }: AlertReceived, result: Result): void {
  const level = result === 'duplicate' ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { labels, status, fingerprint } = data;
  const { alertname, namespace, pod, kube_context: kubeContext } = labels;
  const about = fieldsAbout({ alertname, namespace, pod, kubeContext, correlationId: id, traceparent });
  logger[level]({ ...about, status, fingerprint, result }, 'alert received');
}

const tooLarge = 'the alert does not fit into a message of the stream, not even without annotations';
