import type { AlertReceivedData } from '../events/data/alert.ts';
import { filterOf } from '../events/catalogue.ts';
import { decodeEvent, isEvent, type StoredEvent } from '../events/envelope.ts';
import { alertEverSubject, alertSubject } from '../events/subjects.ts';
import { nanosOf } from '../events/instant.ts';
import { lastMessage, readRange, type Source } from '../log/read.ts';
import {
  alertIdIn,
  type AlertOutcome,
  decisionIn,
  decisionTypesElsewhere,
  isDecided,
  outcomeAfter,
} from '../book/outcome.ts';
import { own } from '../events/own.ts';
import { podOf } from '../book/pod-of-alert.ts';

/** Decisions follow their alerts within moments: what is not among so many is left open. */
const maxRead = 3_000;

/**
 * What firing alerts have led to, by their ids: decisions are named after their alerts, so that nearly none is decoded. Not
 * found: it led to nothing, is not decided yet, or was decided much later.
 */
export async function readOutcomes(
  { connection, stream }: Source,
  alerts: readonly StoredEvent<'AlertReceived'>[],
): Promise<Map<string, AlertOutcome>> {
  const firing = alerts.filter(({ data }) => data.status === 'firing');
  const outcomes = new Map<string, AlertOutcome>();
  if (firing.length === 0) return outcomes;
  const open = new Set(firing.map(({ id }) => id));
  const wanted = new Set(open);
  const range = {
    filter: decisionTypesElsewhere.map((type) => filterOf(type)),
    from: Math.min(...firing.map(({ sequence }) => sequence)),
    max: maxRead,
  };
  for await (const message of readRange(connection, stream, range)) {
    const alertId = alertIdIn(message);
    if (!wanted.has(alertId)) continue;
    const decision = decisionIn(message);
    if (!decision) continue;
    const outcome = outcomeAfter(outcomes.get(alertId), decision);
    outcomes.set(alertId, outcome);
    if (isDecided(outcome)) open.delete(alertId);
    if (open.size === 0) break;
  }
  // A search may have found no pod, or a repeat of an alert some pod after that: the later one counts.
  const undecided = firing.filter(({ id, data }) => open.has(id) || !('pod' in podOf(data.labels)));
  await addDeclined({ connection, stream }, undecided, outcomes);
  return outcomes;
}

/** The same of alerts of which only the data is at hand: they are looked up first. */
export async function readOutcomesOf(
  { connection, stream }: Source,
  alerts: readonly { id: string | null; alert: AlertReceivedData }[],
): Promise<Map<string, AlertOutcome>> {
  const events: StoredEvent<'AlertReceived'>[] = [];
  for (const { id, alert } of alerts) {
    const { labels, fingerprint, startsAt, status } = alert;
    const alertname = own(labels, 'alertname');
    const key = { alertname, fingerprint, status };
    const exact = alertSubject({ ...key, startsAtNanos: nanosOf(startsAt) ?? 0n }, 'AlertReceived');
    // Without a time of its own it lies under that of its first reception.
    const message =
      (await lastMessage(connection, stream, exact)) ??
      (await lastMessage(connection, stream, alertEverSubject(key, 'AlertReceived')));
    const event = message && decodeEvent(message);
    if (event && isEvent(event) && event.type === 'AlertReceived' && event.id === id) events.push(event);
  }
  return readOutcomes({ connection, stream }, events);
}

/** Said on the alert's own subject: what has no other outcome is looked up there. */
async function addDeclined(
  { connection, stream }: Source,
  firing: readonly StoredEvent<'AlertReceived'>[],
  outcomes: Map<string, AlertOutcome>,
): Promise<void> {
  await Promise.all(
    firing.map(async ({ id, data }) => {
      const { fingerprint, labels, startsAt, status } = data;
      const alertname = own(labels, 'alertname');
      const key = { alertname, fingerprint, startsAtNanos: nanosOf(startsAt) ?? 0n, status };
      const message = await lastMessage(connection, stream, alertSubject(key, 'AlertDeclined'));
      const decision = message && decisionIn(message);
      // A repeat may have found the pods after that.
      if (decision && decision.sequence > (outcomes.get(id)?.sequence ?? 0))
        outcomes.set(id, outcomeAfter(undefined, decision));
    }),
  );
}
