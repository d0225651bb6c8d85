import { decodeEvent, isEvent, isTold, type StoredEvent, type StoredMessage } from '../events/envelope.ts';
import { type AlertKey, alertSubject } from '../events/subjects.ts';

type ToldEvent = StoredEvent<'AlertReceived' | 'AlertRenewed'>;

/** The newest that the stream has of one alert. */
export interface Told {
  firing?: ToldEvent;
  resolved?: ToldEvent;
  unanswered?: StoredEvent<'AlertUnanswered'>;
}

/** The last message on a subject. */
export type LookUp = (subject: string) => Promise<StoredMessage | undefined>;

const subjects = [
  ...([['firing', 'AlertReceived'], ['firing', 'AlertRenewed'], ['firing', 'AlertUnanswered']] as const),
  ...([['resolved', 'AlertReceived'], ['resolved', 'AlertRenewed']] as const),
]; // prettier-ignore

/** Looks up what was told of an alert. Each subject is asked for by its whole name, so that a NATS user may be allowed these and no others. */
export async function readTold(lookUp: LookUp, key: Omit<AlertKey, 'status'>): Promise<Told> {
  const messages = await Promise.all(
    subjects.map(([status, type]) => lookUp(alertSubject({ ...key, status }, type))),
  );
  const told: Told = {};
  for (const message of messages) {
    const event = message && decodeEvent(message);
    if (!event || !isEvent(event)) continue;
    if (event.type === 'AlertUnanswered') told.unanswered = event;
    else if (isTold(event)) {
      const { status } = event.data;
      if (event.sequence > (told[status]?.sequence ?? 0)) told[status] = event;
    }
  }
  return told;
}

/** The alert as it was told last to fire; undefined where it was told resolved after that, or is not on the stream. */
export function firingIn({ firing, resolved }: Told): ToldEvent | undefined {
  return firing && firing.sequence > (resolved?.sequence ?? 0) ? firing : undefined;
}
