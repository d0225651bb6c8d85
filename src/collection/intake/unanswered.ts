import { createEvent, type Event } from '../../events/envelope.ts';
import type { CollectionRequestedData } from '../../events/data/collection.ts';
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

/** Number of the repeat of an alert that is decided anew after this failed; undefined: the plan allows none. */
export function repeatAfter({
  trigger,
  plan,
}: Pick<CollectionRequestedData, 'trigger' | 'plan'>): number | undefined {
  const repeat = (trigger.repeat ?? 0) + 1;
  return repeat > (plan.retryOnRepeat ?? 0) ? undefined : repeat;
}
