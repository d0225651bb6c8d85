import { firingIn, type LookUp, readTold, type Told } from '../book/told.ts';
import type { AlertReceivedData, AlertRenewedData } from '../events/data/alert.ts';
import { createEvent } from '../events/envelope.ts';
import { millisOf, nanosOf } from '../events/instant.ts';
import { append } from '../log/write/append.ts';
import type { Connection } from '../log/connection.ts';
import { NotPermitted, WrongLastSequence } from '../log/errors.ts';
import { lastOn } from '../log/read.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AlertReceived } from './admission.ts';
import type { Redaction } from './redact/redaction.ts';

/** Stores that an alert which is on the stream was told again, where that is news. */
export type Renew = (event: AlertReceived) => Promise<{
  isNews: boolean;
  /** Id of its AlertReceived; absent where it cannot be looked up. */
  id?: string;
}>;

export interface RenewDeps {
  connection: Connection;
  stream: string;
  logger: Logger;
  /** What is not stored today. */
  redaction?: Redaction | undefined;
}

/** Other annotations are news at most so often: they may hold a value that changes with every repeat. */
const changedEveryMs = 3_600_000;

/**
 * Most repeats say nothing new, and cost a few look-ups and no event. Two processes that hear the same store it once. Throws
 * LogUnavailable.
 */
export function createRenew({ connection, stream, logger, redaction }: RenewDeps): Renew {
  const redacted = redaction?.annotations;
  const lookUp: LookUp = (subject) => lastOn(connection, stream, subject);
  let isForbidden = false;

  const renew: Renew = async ({ data, traceparent }) => {
    const { labels, fingerprint, startsAt, status, receivedAt } = data;
    const key = { alertname: labels['alertname'], fingerprint, startsAtNanos: nanosOf(startsAt) ?? 0n };
    const told = await readTold(lookUp, key);
    const before = told[status];
    if (!before) return { isNews: false };
    const id = before.type === 'AlertRenewed' ? before.data.alertId : before.id;
    const news = newsIn(told, data, redacted);
    if (!news) return { isNews: false, id };
    const about = { part: 'ingest', time: receivedAt, traceparent };
    const event = createEvent('AlertRenewed', { ...data, alertId: id, ...news }, about);
    const lastSequence = before.type === 'AlertRenewed' ? before.sequence : 0;
    const isNews = await append(connection, event, { lastSequence }).then(
      () => true,
      (error: unknown) => {
        // Another process was first.
        if (error instanceof WrongLastSequence) return false;
        throw error;
      },
    );
    return { isNews, id };
  };

  return (event) =>
    renew(event).catch((error: unknown) => {
      if (!(error instanceof NotPermitted)) throw error;
      if (!isForbidden) logger.warn({ err: error }, forbidden);
      isForbidden = true;
      return { isNews: false };
    });
}

/**
 * Why a repeat is worth an event; undefined: it says nothing new. `redacted` is asked for the annotations of both, so that those
 * which were stored before something was redacted are no others for it. Pure.
 */
export function newsIn(
  told: Told,
  data: AlertReceivedData,
  redacted: (annotations: Record<string, string>) => Record<string, string> = (annotations) => annotations,
): Pick<AlertRenewedData, 'reason' | 'repeat' | 'collectionId'> | undefined {
  const before = told[data.status];
  if (!before) return undefined;
  const other = told[data.status === 'firing' ? 'resolved' : 'firing'];
  if (other && other.sequence > before.sequence) return { reason: 'returned' };
  if (data.status === 'resolved') return undefined;
  const { unanswered } = told;
  if (unanswered && unanswered.sequence > before.sequence && firingIn(told)) {
    const { repeat, collectionId } = unanswered.data;
    return {
      reason: 'repeated',
      ...(repeat === undefined ? {} : { repeat }),
      ...(collectionId === undefined ? {} : { collectionId }),
    };
  }
  const age = millisOf(data.receivedAt) - millisOf(before.data.receivedAt);
  if (age < changedEveryMs || isSame(before.data.annotations, data.annotations)) return undefined;
  const isOther = !isSame(redacted(before.data.annotations), redacted(data.annotations));
  return isOther ? { reason: 'changed' } : undefined;
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}

const forbidden =
  'this NATS user may not look up what was told of an alert, so that one which fires again after its end is taken for a ' +
  'repeat: give it the permissions of deploy/nats/accounts.conf';
