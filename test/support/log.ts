import { decodeEvent, isEvent, type StoredEvent } from '../../src/events/envelope.ts';
import type { EventType } from '../../src/events/catalogue.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { until } from './until.ts';

/** The events of these types on the stream, in its order. */
export async function eventsOf<T extends EventType>(connection: Connection, ...types: T[]) {
  const events: Extract<StoredEvent, { type: T }>[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) {
    if (message.subject.startsWith('aw.schedule.')) continue;
    const event = decodeEvent(message);
    if (isEvent(event) && (types as string[]).includes(event.type))
      events.push(event as Extract<StoredEvent, { type: T }>);
  }
  return events;
}

/** Waits until there are so many of them. */
export const whenThere = <T extends EventType>(connection: Connection, type: T, count = 1) =>
  until(`${String(count)} × ${type}`, async () => {
    const events = await eventsOf(connection, type);
    return events.length >= count && events;
  });

/** Waits until a durable consumer is through with all that is on the stream now. */
export async function whenHandled(connection: Connection, durable = 'intake'): Promise<void> {
  await until(
    `${durable} to be through`,
    async () => {
      const { num_pending, num_ack_pending } = await connection.jsm.consumers.info(streamName, durable);
      return num_pending === 0 && num_ack_pending === 0;
    },
    45_000,
  );
}
