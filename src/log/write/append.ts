import { NatsError } from 'nats';
import { encodeEvent, type Event } from '../../events/envelope.ts';
import type { Connection } from '../connection.ts';
import { toLogError } from '../errors.ts';
import type { OutgoingMessage, PubAck } from './publisher.ts';

/** What must still hold on the stream for an append to be taken. */
export interface Expectation {
  /** Sequence of the last message under the filter; 0 where there is none. */
  lastSequence: number;
  /** Subjects that count, such as `aw.collection.a.b.c.>`; without it, the event's own subject. */
  filter?: string;
}

export interface AppendOptions {
  /** False: the server shall not look for the id among those that it has seen lately; the expectation is enough. */
  deduplicate?: boolean;
  /** True: it stays on the stream for longer than `max_age`. Needs `allow_msg_ttl`. */
  forEver?: boolean;
}

/**
 * Puts an event on the stream and waits until the server has it (PubAck).
 * Throws WrongLastSequence where the expectation does not hold. The server checks it before the message id, so
 * that can also be our own earlier append whose ack got lost: look for the id.
 * Throws LogUnavailable (may or may not be stored; the same id makes trying again safe) or MessageTooLarge.
 */
export async function append(
  { publisher }: Connection,
  event: Event,
  expectation?: Expectation,
  options: AppendOptions = {},
): Promise<PubAck> {
  try {
    return await publisher.publish(messageOf(event, expectation, options));
  } catch (error) {
    throw toLogError(error, `append ${event.type}`);
  }
}

/** The server takes no more in one batch. */
export const maxTogether = 1_000;

/**
 * Puts up to `maxTogether` events on the stream, all or none, and waits until the server has them. False: the server refused
 * the batch (an expectation does not hold, an id is there already, too many batches are open …) and has none of them.
 * Throws as `append` does. No two may be on one subject.
 */
export async function appendTogether(
  { publisher }: Connection,
  events: readonly Event[],
  expectation?: Expectation,
): Promise<boolean> {
  try {
    await publisher.publishTogether(events.map((event) => messageOf(event, expectation)));
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.api_error) return false;
    throw toLogError(error, `append ${String(events.length)} events`);
  }
}

/**
 * Puts a durable timer on the stream: the server itself appends the event at that time, whoever is alive then.
 * The same timer subject again moves the timer, also when it has fired: so it carries no message id, which
 * would make the move a duplicate. The event arrives without Nats-Msg-Id; its ce-id tells a repeat.
 * The timer outlives the stream's `max_age`; the event does not: the server gives it no TTL unless `Nats-Schedule-TTL` asks for one.
 * Needs `allow_msg_schedules` and `allow_msg_ttl`.
 */
export async function schedule(
  { publisher }: Connection,
  timer: { subject: string; at: string },
  event: Event,
): Promise<void> {
  const { subject, headers, body } = encodeEvent(event);
  headers['Nats-Schedule'] = `@at ${timer.at}`;
  headers['Nats-Schedule-Target'] = subject;
  headers['Nats-TTL'] = 'never';
  try {
    await publisher.publish({ subject: timer.subject, headers, body });
  } catch (error) {
    throw toLogError(error, `schedule ${event.type}`);
  }
}

/**
 * Takes a timer off the stream, whether it was there or not. An empty message takes its place and goes by itself: no user
 * needs the right to purge for that.
 */
export async function cancelTimer({ publisher }: Connection, subject: string): Promise<void> {
  try {
    await publisher.publish({ subject, headers: { 'Nats-Rollup': 'sub', 'Nats-TTL': '1s' }, body: '' });
  } catch (error) {
    throw toLogError(error, `cancel the timer ${subject}`);
  }
}

function messageOf(
  event: Event,
  expectation: Expectation | undefined,
  { deduplicate = true, forEver = false }: AppendOptions = {},
): OutgoingMessage {
  const message = encodeEvent(event);
  const { headers } = message;
  if (deduplicate) headers['Nats-Msg-Id'] = event.id;
  if (forEver) headers['Nats-TTL'] = 'never';
  if (expectation) {
    headers['Nats-Expected-Last-Subject-Sequence'] = String(expectation.lastSequence);
    if (expectation.filter) headers['Nats-Expected-Last-Subject-Sequence-Subject'] = expectation.filter;
  }
  return message;
}
