import { decodeEvent, isEvent, type StoredEvent } from '../events/envelope.ts';
import { nanosOf } from '../events/instant.ts';
import { alertSubject } from '../events/subjects.ts';
import type { LookUp } from './told.ts';

const subjects = [
  ...(['AlertReceived', 'AlertRenewed', 'AlertDeclined', 'AlertUnanswered'] as const).map(
    (type) => ['firing', type] as const,
  ),
  ...(['AlertReceived', 'AlertRenewed'] as const).map((type) => ['resolved', type] as const),
];

/** What is there of an episode on the alert's own subjects, the newest of each: told, declined, left unanswered. */
export async function readEpisode(
  lookUp: LookUp,
  { alertname, fingerprint, startsAt }: { alertname?: string; fingerprint: string; startsAt: string },
): Promise<StoredEvent[]> {
  const key = { alertname, fingerprint, startsAtNanos: nanosOf(startsAt) ?? 0n };
  const messages = await Promise.all(
    subjects.map(([status, type]) => lookUp(alertSubject({ ...key, status }, type))),
  );
  return messages.flatMap((message) => {
    const event = message && decodeEvent(message);
    return event && isEvent(event) ? [event] : [];
  });
}
