import { NatsError } from 'nats';
import { type AnyEvent, encodeEvent } from '../../events/envelope.ts';
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
  event: AnyEvent,
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
  events: readonly AnyEvent[],
  expectation?: Expectation,
): Promise<boolean> {
  if (events.length === 0) return true;
  try {
    await publisher.publishTogether(events.map((event) => messageOf(event, expectation)));
    return true;
  } catch (error) {
    if (error instanceof NatsError && error.api_error) return false;
    throw toLogError(error, `append ${String(events.length)} events`);
  }
}

/** A durable timer: the server itself appends the event at that time (RFC 3339), whoever is alive then. */
export interface Timer {
  /** The same timer subject again moves the timer, also when it has fired. */
  subject: string;
  at: string;
  event: AnyEvent;
}

/** An event that goes with others, and what must still hold for all of them. */
export interface ExpectedEvent {
  event: AnyEvent;
  /** Counts on the first event of its filter. */
  expectation?: Expectation;
}

const duplicateInBatch = 10201;

/**
 * Sets timers and puts events on the stream, all or none. Resolves to the sequence of the first event; the others follow it.
 * Where an id is there already that the expectation knows nothing of (its event was purged), they are stored all the same.
 * Throws as `append` does.
 */
export async function appendAtomically(
  { publisher }: Connection,
  timers: readonly Timer[],
  events: readonly ExpectedEvent[],
): Promise<number> {
  const publish = (deduplicate: boolean) =>
    publisher.publishTogether([
      ...timers.map(timerInBatch),
      ...events.map(({ event, expectation }) => messageOf(event, expectation, { deduplicate })),
    ]);
  try {
    const { sequence } = await publish(true).catch((error: unknown) => {
      if (error instanceof NatsError && error.api_error?.err_code === duplicateInBatch) return publish(false);
      throw error;
    });
    return sequence - events.length + 1;
  } catch (error) {
    throw toLogError(error, `append ${events.map(({ event }) => event.type).join(', ')}`);
  }
}

/**
 * Puts a durable timer on the stream. The event arrives without Nats-Msg-Id; its ce-id tells a repeat. The timer outlives the
 * stream's `max_age`; the event does not: the server gives it no TTL unless `Nats-Schedule-TTL` asks for one. Needs
 * `allow_msg_schedules` and `allow_msg_ttl`.
 */
export async function schedule({ publisher }: Connection, timer: Timer): Promise<void> {
  try {
    await publisher.publish(timerMessage(timer));
  } catch (error) {
    throw toLogError(error, `schedule ${timer.event.type}`);
  }
}

/** In a batch, a timer that is moved would leave its old message behind. */
function timerInBatch(timer: Timer): OutgoingMessage {
  const message = timerMessage(timer);
  message.headers['Nats-Rollup'] = 'sub';
  return message;
}

/** Without a message id, which would make a move a duplicate. */
function timerMessage({ subject, at, event }: Timer): OutgoingMessage {
  const { subject: target, headers, body } = encodeEvent(event);
  headers['Nats-Schedule'] = `@at ${at}`;
  headers['Nats-Schedule-Target'] = target;
  headers['Nats-TTL'] = 'never';
  return { subject, headers, body };
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
  event: AnyEvent,
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
