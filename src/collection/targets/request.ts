import { createEvent, type StoredEvent } from '../../events/envelope.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { TargetsRequestedData } from '../../events/data/targets.ts';
import { decidedIdOf } from '../../events/ids.ts';
import { type StatefulSet, targetsSubject } from '../../events/subjects.ts';
import { type Decider, just } from '../../kernel/decide/decider.ts';
import type { Connection } from '../../log/connection.ts';
import { readRange } from '../../log/read.ts';
import { type Logger, loggerAbout, subjectOf } from '../../telemetry/logger.ts';
import { type DecidedAlert, receptionOf, refOf, triggerOf } from '../intake/decide.ts';
import { labelsFor } from '../intake/labels.ts';
import type { CollectionMetrics } from '../metrics.ts';
import type { Searches } from './aggregate.ts';

/** Decides on StatefulSets. */
export type StatefulSets = Decider<StatefulSet, Searches>;

export interface RequestDeps {
  connection: Connection;
  stream: string;
  statefulSets: StatefulSets;
  /** RFC 3339. */
  now: () => string;
  logger: Logger;
  metrics: CollectionMetrics;
}

/** An alert that names a StatefulSet and no pod, and what the policy wants for it. */
interface TargetsQuestion {
  cause: StoredEvent<'AlertReceived' | 'AlertRenewed'>;
  alertId: string;
  alert: DecidedAlert;
  statefulSet: StatefulSet;
  plan: Plan;
}

/** Asks, once per time that the alert was told, for the pods of its StatefulSet. Throws BoardLags or LogUnavailable. */
export async function requestTargets(deps: RequestDeps, question: TargetsQuestion): Promise<void> {
  const { statefulSets, now, logger, metrics } = deps;
  const { cause, alertId, alert, statefulSet, plan } = question;
  const { traceparent, storedAt } = cause;
  const searchId = receptionOf(cause);
  const trigger = { ...triggerOf(refOf(alertId, alert), alert), ...labelsFor(plan, alert.labels) };
  const data = { ...statefulSet, searchId, trigger, plan, since: storedAt };
  const stored = await statefulSets.decide(statefulSet, async ({ open, ended }) => {
    if (Object.hasOwn(open, searchId) || ended.includes(searchId)) return undefined;
    if (await isRequested(deps, question, searchId)) return undefined;
    return just(createEvent('TargetsRequested', data, { part: 'intake', time: now(), traceparent }));
  });
  if (!stored) return;
  metrics.decisions.inc({ decision: 'TargetsRequested' });
  const about = { ...subjectOf(alert), correlationId: alertId, traceparent };
  loggerAbout(logger, about).info(
    { event: 'TargetsRequested' },
    'the pods of the StatefulSet are looked for',
  );
}

/** A search that ended long ago is remembered by the log only: the alert may be handled again after days. */
async function isRequested(
  { connection, stream }: RequestDeps,
  { statefulSet, cause }: TargetsQuestion,
  searchId: string,
): Promise<boolean> {
  const range = { filter: targetsSubject(statefulSet, 'TargetsRequested'), from: cause.sequence };
  const id = decidedIdOf(searchId, 'TargetsRequested');
  for await (const { header } of readRange(connection, stream, range))
    if (header('ce-id') === id) return true;
  return false;
}

/** The alert as far as its search remembers it. */
export function alertOf({
  alertname,
  severity,
  container,
  labels: given = {},
  fingerprint,
  startsAt,
  repeat,
}: TargetsRequestedData['trigger']): DecidedAlert {
  const labels = {
    ...given,
    ...(alertname === undefined ? {} : { alertname }),
    ...(severity === undefined ? {} : { severity }),
    ...(container === undefined ? {} : { container }),
  };
  return { labels, fingerprint, startsAt, ...(repeat === undefined ? {} : { repeat }) };
}
