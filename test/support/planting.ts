import {
  createEvent,
  decodeEvent,
  encodeEvent,
  type Event,
  isEvent,
  type StoredEvent,
  type StoredMessage,
} from '../../src/events/envelope.ts';
import type { EventType } from '../../src/events/catalogue.ts';
import { millisOf, timeOf } from '../../src/events/instant.ts';
import type { AuditEnd } from '../../src/collection/audit/audit.ts';

/** The messages of a stream with a defect in them, in their order. */
export interface Planted {
  messages: StoredMessage[];
  /** Those that the audit should name. */
  concerned: StoredMessage[];
  ending?: AuditEnd;
}

type Of<T extends EventType> = Extract<StoredEvent, { type: T }>;

/** The history of a real stream, to plant a defect in. */
export interface Soil {
  messages: readonly StoredMessage[];
  /** The message whose event is of that type and meets the condition; the first one. */
  find: <T extends EventType>(type: T, meets?: (event: Of<T>) => boolean) => StoredMessage;
  without: (message: StoredMessage) => StoredMessage[];
  /** With another one behind a message, or at the end. */
  with: (added: StoredMessage, behind?: StoredMessage) => StoredMessage[];
  /** With another one in the place of a message. */
  instead: (message: StoredMessage, by: StoredMessage) => StoredMessage[];
}

export function soilOf(messages: readonly StoredMessage[]): Soil {
  return {
    messages,
    find: (type, meets = () => true) => {
      const found = messages.find((message) => {
        const event = eventOf(message);
        return isOf(event, type) && meets(event);
      });
      if (!found) throw new Error(`there is no such ${type}`);
      return found;
    },
    without: (message) => messages.filter((each) => each !== message),
    with: (added, behind = messages.at(-1)) =>
      messages.flatMap((each) => (each === behind ? [each, added] : [each])),
    instead: (message, by) => messages.map((each) => (each === message ? by : each)),
  };
}

/** The same again. */
export function copyOf(message: StoredMessage): StoredMessage {
  return { ...message };
}

/** An event with another id, or with other data among its own, as it would lie on the stream. */
export function altered(
  message: StoredMessage,
  { id, data = {} }: { id?: string; data?: Record<string, unknown> },
): StoredMessage {
  const event = eventOf(message);
  if (!event) throw new Error(`this is no event: ${message.subject}`);
  const changed = { ...event, id: id ?? event.id, data: { ...event.data, ...data } };
  return messageOf(changed as Event, message);
}

/** The same alert told again for that reason. */
export function renewedOf(
  message: StoredMessage,
  reason: 'returned' | 'repeated' | 'changed',
): StoredMessage {
  const event = eventOf(message);
  if (event?.type !== 'AlertReceived') throw new Error(`this is no alert: ${message.subject}`);
  const receivedAt = timeOf(millisOf(event.data.receivedAt) + 1);
  const data = { ...event.data, alertId: event.id, reason, receivedAt };
  return messageOf(createEvent('AlertRenewed', data, { part: 'ingest', time: receivedAt }), message);
}

/** An event stored at the time of another message. */
export function messageOf(event: Event, { storedAt }: StoredMessage): StoredMessage {
  const { subject, headers, body } = encodeEvent(event);
  return { subject, sequence: 0, storedAt, header: (name) => headers[name], body: Buffer.from(body) };
}

/** Numbers messages as a stream does, from 1. */
export function numbered(messages: readonly StoredMessage[]): StoredMessage[] {
  return messages.map((message, index) => ({ ...message, sequence: index + 1 }));
}

export function eventOf(message: StoredMessage): StoredEvent | undefined {
  const event = decodeEvent(message);
  return isEvent(event) ? event : undefined;
}

function isOf<T extends EventType>(event: StoredEvent | undefined, type: T): event is Of<T> {
  return event?.type === type;
}
