import type { AlertReceivedData } from '../../events/data/alert.ts';
import { createEvent } from '../../events/envelope.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import { WrongLastSequence } from '../../log/errors.ts';
import { type Logger, loggerAbout } from '../../telemetry/logger.ts';
import type { CollectionMetrics } from '../metrics.ts';
import { causeIdOf, type Question } from './decide.ts';
import type { LabelFault } from '../../book/pod-of-alert.ts';

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
  cause: Question['cause'],
  alertId: string,
  alert: AlertReceivedData,
  why: LabelFault,
): Promise<void> {
  const { alertname } = alert.labels;
  const { fingerprint, startsAt } = alert;
  const { traceparent } = cause;
  const event = createEvent(
    'AlertDeclined',
    { alertId, ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt, ...why },
    { part: 'intake', time: now(), causeId: causeIdOf(cause), traceparent },
  );
  try {
    await append(connection, event, { lastSequence: 0 });
  } catch (error) {
    if (!(error instanceof WrongLastSequence)) throw error;
    return;
  }
  metrics.decisions.inc({ decision: 'AlertDeclined' });
  // As they were sent, also where that is no name: JSON keeps them harmless.
  const { kube_context: kubeContext, namespace, pod } = alert.labels;
  const about = { alertname, correlationId: alertId, traceparent, kubeContext, namespace, pod };
  loggerAbout(logger, about).warn(
    { event: 'AlertDeclined', label: why.label, reason: why.reason },
    why.message,
  );
}
