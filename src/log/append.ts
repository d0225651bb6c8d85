import { headers as natsHeaders } from 'nats';
import { encodeEvent, type Event } from '../events/envelope.ts';
import type { Connection } from './connection.ts';
import { toLogError } from './errors.ts';

/** What must still hold on the stream for an append to be taken. */
export interface Expectation {
  /** Sequence of the last message under the filter; 0 where there is none. */
  lastSequence: number;
  /** Subjects that count, such as `aw.collection.a.b.c.>`; without it, the event's own subject. */
  filter?: string;
}

export interface Appended {
  sequence: number;
  /** True: the server had this message id already (within its duplicate window). */
  duplicate: boolean;
}

/**
 * Puts an event on the stream and waits until the server has it (PubAck).
 * Throws WrongLastSequence where the expectation does not hold. The server checks it before the message id, so
 * that can also be our own earlier append whose ack got lost: look for the id.
 * Throws LogUnavailable (may or may not be stored; the same id makes trying again safe) or MessageTooLarge.
 */
export async function append({ js }: Connection, event: Event, expectation?: Expectation): Promise<Appended> {
  const { subject, headers, body } = encodeEvent(event);
  const header = natsHeaders();
  header.set('Nats-Msg-Id', event.id);
  for (const [name, value] of Object.entries(headers)) header.set(name, value);
  if (expectation) {
    header.set('Nats-Expected-Last-Subject-Sequence', String(expectation.lastSequence));
    if (expectation.filter) header.set('Nats-Expected-Last-Subject-Sequence-Subject', expectation.filter);
  }
  try {
    const ack = await js.publish(subject, body, { headers: header });
    return { sequence: ack.seq, duplicate: ack.duplicate };
  } catch (error) {
    throw toLogError(error, `append ${event.type}`);
  }
}

/**
 * Puts a durable timer on the stream: the server itself appends the event at that time, whoever is alive then.
 * The same timer subject again moves the timer, also when it has fired: so it carries no message id, which
 * would make the move a duplicate. The event arrives without Nats-Msg-Id; its ce-id tells a repeat.
 * Needs nats-server 2.12 and `allow_msg_schedules`.
 */
export async function schedule(
  { js }: Connection,
  timer: { subject: string; at: string },
  event: Event,
): Promise<void> {
  const { subject, headers, body } = encodeEvent(event);
  const header = natsHeaders();
  for (const [name, value] of Object.entries(headers)) header.set(name, value);
  header.set('Nats-Schedule', `@at ${timer.at}`);
  header.set('Nats-Schedule-Target', subject);
  try {
    await js.publish(timer.subject, body, { headers: header });
  } catch (error) {
    throw toLogError(error, `schedule ${event.type}`);
  }
}
