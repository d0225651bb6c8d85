import { createEvent, type Event } from '../../events/envelope.ts';
import type { DataOf } from '../../events/catalogue.ts';

/**
 * Says on the alert's own subject that it has no recording, so that whoever hears it again knows that this is news. It goes
 * with the event that ends the matter, and before it.
 */
export function unansweredBecause(
  { id, traceparent }: Event<'CollectionSuppressed' | 'CollectionFailed' | 'TargetsNotFound'>,
  { alertId, alertname, fingerprint, startsAt, reason, collectionId, repeat }: DataOf<'AlertUnanswered'>,
  now: string,
): Event<'AlertUnanswered'> {
  const data = {
    ...{ alertId, ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt, reason },
    ...(collectionId === undefined ? {} : { collectionId }),
    ...(repeat === undefined ? {} : { repeat }),
  };
  const part = reason === 'stale' ? 'intake' : 'collect';
  return createEvent('AlertUnanswered', data, { part, time: now, causeId: id, traceparent });
}
