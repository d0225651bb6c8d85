import { decodeEvent, isEvent, type StoredEvent } from '../../../src/events/envelope.ts';
import type { Connection } from '../../../src/log/connection.ts';
import { streamName } from '../../../src/log/streams/definitions.ts';
import { readRange } from '../../../src/log/read.ts';

/** What lies on the stream now, timers left out. `onUnreadable` is told what is no event, and why. */
export async function storedEvents(
  connection: Connection,
  onUnreadable: (fault: string) => void,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) {
    if (message.subject.startsWith('aw.schedule.')) continue;
    const read = decodeEvent(message);
    if (isEvent(read)) events.push(read);
    else onUnreadable(`message ${String(message.sequence)} is no event: ${read.message}`);
  }
  return events;
}

/** The ids of the AlertReceived on the stream, in order. Throws where a message cannot be read. */
export async function storedAlertIds(connection: Connection): Promise<string[]> {
  const events = await storedEvents(connection, (fault) => {
    throw new Error(fault);
  });
  return events.filter(({ type }) => type === 'AlertReceived').map(({ id }) => id);
}
