import { createEvent, type Event } from '../../events/envelope.ts';
import type { DataOf } from '../../events/catalogue.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';

/**
 * Says on the alert's own subject that it has no recording, so that whoever hears it again knows that this is news. It goes
 * before the event that ends the matter: should that one fail, this is said again under the same id.
 */
export async function markUnanswered(
  connection: Connection,
  { id, traceparent }: Event<'CollectionSuppressed' | 'CollectionFailed'>,
  { alertId, alertname, fingerprint, startsAt, reason, collectionId, repeat }: DataOf<'AlertUnanswered'>,
  now: string,
): Promise<void> {
  const data = {
    ...{ alertId, ...(alertname === undefined ? {} : { alertname }), fingerprint, startsAt, reason },
    ...(collectionId === undefined ? {} : { collectionId }),
    ...(repeat === undefined ? {} : { repeat }),
  };
  const part = reason === 'stale' ? 'intake' : 'collect';
  await append(
    connection,
    createEvent('AlertUnanswered', data, { part, time: now, causeId: id, traceparent }),
  );
}
