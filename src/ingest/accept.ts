import { setImmediate } from 'node:timers/promises';
import { append, appendTogether, maxTogether } from '../log/write/append.ts';
import type { Connection } from '../log/connection.ts';
import { LogUnavailable, MessageTooLarge, WrongLastSequence } from '../log/errors.ts';
import type { CheckRoom } from '../log/streams/room.ts';
import { bounded } from '../telemetry/bounded.ts';
import { fieldsAbout, type Logger, subjectOf } from '../telemetry/logger.ts';
import type { IngestMetrics } from './metrics.ts';
import { type AlertReceived, type Admission, itemOf } from './admission.ts';
import type { ParsedAlert } from './formats/parsed.ts';
import { createPlaces } from '../kernel/places.ts';
import type { Renew } from './renew.ts';

/** What became of one alert of a webhook. */
export interface AlertResult {
  fingerprint: string | null;
  alertname: string | null;
  /** Id of the AlertReceived; null where the alert is not stored, or was earlier and this process cannot look it up. */
  id: string | null;
  /** `renewed`: it is on the stream and was told again, which is news and stored. */
  result: 'accepted' | 'renewed' | 'duplicate' | 'filtered' | 'rejected';
  /** Why it was not taken. */
  reason?: string;
}

export interface AcceptDeps {
  connection: Connection;
  checkRoom: CheckRoom;
  /** The id of the last event under a filter. Absent: this process may not read the log. */
  findId?: (filter: string) => Promise<string | undefined>;
  renew: Renew;
  /** False: alerts are appended one by one. */
  batches?: boolean;
  logger: Logger;
  metrics: IngestMetrics;
}

export type Accept = (
  alerts: readonly ParsedAlert[],
  /** Length of the text that they came in. */
  units: number,
  request: Requested,
) => Promise<AlertResult[]>;

/** What a request says of itself. */
interface Requested {
  traceparent?: string | undefined;
  requestId?: string;
}

type Outcome = Pick<AlertResult, 'id' | 'result'>;

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
export function createAccept(deps: AcceptDeps): Accept {
  const { connection, checkRoom, findId, renew, batches: mayBatch = true, logger, metrics } = deps;
  const maxBytes = connection.server.maxPayload - headerBytes;
  const batches = createPlaces(maxOpenBatches);

  // Alertmanager repeats after hours, long after the duplicate window: the subject must be empty as well.
  const appendOne = async ({ event, expectation }: Admission): Promise<Outcome> => {
    try {
      const { duplicate } = await append(connection, event, expectation);
      // The server has seen its id and there is nothing on its subject: it was purged since, and is not remembered.
      if (duplicate) await append(connection, event, expectation, { deduplicate: false });
      return { id: event.id, result: 'accepted' };
    } catch (error) {
      if (error instanceof MessageTooLarge) return { id: null, result: 'rejected' };
      if (!(error instanceof WrongLastSequence)) throw error;
      const { filter } = expectation;
      // The sender names no time: any reception of the alert is the one.
      if (filter) return { id: (await findId?.(filter)) ?? null, result: 'duplicate' };
      const { id = event.id, isNews } = await renew(event);
      return { id, result: isNews ? 'renewed' : 'duplicate' };
    }
  };

  const appendSingly = async (items: readonly Admission[]): Promise<Map<string, Outcome>> => {
    const results = new Map<string, Outcome>();
    const next = items.values();
    const takeTurns = async () => {
      for (const item of next) results.set(item.event.id, await appendOne(item));
    };
    await Promise.all(Array.from({ length: Math.min(maxInFlight, items.length) }, takeTurns));
    return results;
  };

  const appendChunk = async (items: readonly Admission[]): Promise<Map<string, Outcome>> => {
    // A batch has one expectation for all, each on its own subject.
    const isAlike = items.every(({ expectation }) => expectation.filter === undefined);
    if (!mayBatch || items.length < togetherFrom || !isAlike) return appendSingly(items);
    return batches.take(async () => {
      const events = items.map(({ event }) => event);
      const isAppended = await appendTogether(connection, events, { lastSequence: 0 });
      // One of them is there already, say: the others must not be lost for it.
      if (!isAppended) return appendSingly(items);
      return new Map(events.map(({ id }): [string, Outcome] => [id, { id, result: 'accepted' }]));
    });
  };

  /** `told` has the ids of the alerts before them in the webhook, and then theirs. */
  const acceptChunk = async (
    alerts: readonly ParsedAlert[],
    told: Set<string>,
    { traceparent, requestId }: Requested,
  ): Promise<AlertResult[]> => {
    const items = alerts.map((parsed) => itemOf(parsed, maxBytes, traceparent));
    const isFirst = (item: Admission | undefined): item is Admission => {
      if (!item || told.has(item.event.id)) return false;
      told.add(item.event.id);
      return true;
    };
    const appended = await appendChunk(items.filter(isFirst));
    return alerts.map((parsed, index) => {
      const event = items[index]?.event;
      // Told twice in one webhook: the second is a duplicate of the first.
      const outcome = event && (appended.get(event.id) ?? { id: event.id, result: 'duplicate' });
      if (event && outcome?.result === 'accepted')
        appended.set(event.id, { ...outcome, result: 'duplicate' });
      const result = resultOf(parsed, outcome);
      if (event) log(logger, event, result.result, requestId);
      const status = ('alert' in parsed ? parsed.alert.status : parsed.status) ?? 'unknown';
      const alertname = metrics.alertname(result.alertname ?? undefined);
      metrics.alertsReceived.inc({ alertname, status, result: result.result });
      return result;
    });
  };

  return async (alerts, units, request) => {
    if (!connection.isConnected()) throw new LogUnavailable('NATS is not connected');
    await checkRoom(alerts.length, units);
    const told = new Set<string>();
    const accepting: Promise<AlertResult[]>[] = [];
    for (let from = 0; from < alerts.length; from += maxTogether) {
      // What was begun goes out before more is encoded: the server has work meanwhile, and less lies in memory.
      if (from > 0) await setImmediate();
      const chunk = acceptChunk(alerts.slice(from, from + maxTogether), told, request);
      // Awaited below: until then a failure must not count as unhandled.
      chunk.catch(() => undefined);
      accepting.push(chunk);
    }
    return (await Promise.all(accepting)).flat();
  };
}

function resultOf(parsed: ParsedAlert, outcome: Outcome | undefined): AlertResult {
  if (!('alert' in parsed)) {
    const { fingerprint, alertname, result, reason } = parsed;
    return { fingerprint, alertname, id: null, result, reason: bounded(reason) };
  }
  const { fingerprint, labels } = parsed.alert;
  const { alertname } = labels;
  const named = {
    fingerprint: bounded(fingerprint),
    alertname: alertname === undefined ? null : bounded(alertname),
  };
  if (!outcome || outcome.result === 'rejected')
    return { ...named, id: null, result: 'rejected', reason: tooLarge };
  return { ...named, ...outcome };
}

function log(
  logger: Logger,
  { id, data, traceparent }: AlertReceived,
  result: AlertResult['result'],
  requestId: string | undefined,
): void {
  const level = result === 'duplicate' ? 'debug' : 'info';
  if (!logger.isLevelEnabled(level)) return;
  const { status, fingerprint } = data;
  const about = fieldsAbout({ ...subjectOf(data), correlationId: id, traceparent });
  logger[level]({ ...about, status, fingerprint, result, requestId }, 'alert received');
}

const tooLarge = 'the alert does not fit into a message of the stream, not even without annotations';
