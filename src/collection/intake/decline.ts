import { createEvent, type StoredEvent } from '../../events/envelope.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import { WrongLastSequence } from '../../log/errors.ts';
import { type Logger, loggerAbout, subjectOf } from '../../telemetry/logger.ts';
import type { CollectionMetrics } from '../metrics.ts';
import { type DecidedAlert, receptionOf, refOf } from './decide.ts';
import type { BadLabel } from '../../book/pod-of-alert.ts';

export interface DeclineDeps {
  connection: Connection;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  metrics: CollectionMetrics;
}

/** Says, once per alert, that its labels name no pod, or lack what its collector needs. */
export async function decline(
  { connection, now, logger, metrics }: DeclineDeps,
  cause: StoredEvent<'AlertReceived' | 'AlertRenewed'>,
  alertId: string,
  alert: DecidedAlert,
  why: BadLabel,
): Promise<void> {
  const { traceparent } = cause;
  const event = createEvent(
    'AlertDeclined',
    { ...refOf(alertId, alert), ...why },
    { part: 'intake', time: now(), causeId: receptionOf(cause), traceparent },
  );
  try {
    await append(connection, event, { lastSequence: 0 });
  } catch (error) {
    if (!(error instanceof WrongLastSequence)) throw error;
    return;
  }
  metrics.decisions.inc({ decision: 'AlertDeclined' });
  // As they were sent, also where that is no name: JSON keeps them harmless.
  const about = { ...subjectOf(alert), correlationId: alertId, traceparent };
  loggerAbout(logger, about).warn(
    { event: 'AlertDeclined', label: why.label, reason: why.reason },
    why.message,
  );
}
