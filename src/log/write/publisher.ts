import { createInbox, type Msg, type NatsConnection, NatsError, nuid, type PublishOptions } from 'nats';
import { outgoingHeaders } from './header.ts';

/** A message on its way to a stream. */
export interface OutgoingMessage {
  subject: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** What the server said of it. */
export interface PubAck {
  sequence: number;
  /** True: the server had this message id already (within its duplicate window). */
  duplicate: boolean;
}

/** Publishes to JetStream and waits for its acknowledgements. All throw NatsError. */
export interface Publisher {
  publish: (message: OutgoingMessage) => Promise<PubAck>;
  /**
   * All or none: an atomic batch, of 1 to 1,000 messages, which get the headers of one. One that the server refuses loses all of
   * them. Resolves to the acknowledgement of the last: the others lie right before it.
   */
  publishTogether: (messages: readonly OutgoingMessage[]) => Promise<PubAck>;
  /** When the server last acknowledged that it stored something in a stream, in terms of performance.now(); undefined: never yet. */
  storedAt: (stream: string) => number | undefined;
  /** When a message was last taken by nobody, or given up because no answer came; -Infinity: never yet. */
  unansweredAt: () => number;
}

interface Waiting {
  resolve: (ack: PubAck) => void;
  reject: (error: Error) => void;
  /** When it is given up, in terms of performance.now(). */
  deadline: number;
}

interface Queued extends OutgoingMessage {
  reply?: string;
}

interface Answer {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code: number; description: string };
}

const lookEveryMs = 250;
/** The server has work while the rest of a large webhook is encoded. */
const maxQueued = 64;

/**
 * One inbox for all acknowledgements, and one write for all messages of one turn of the event loop. The client's own
 * `publish` costs a write, a timer and two captured stack traces a message (docs/performance.md).
 */
export function createPublisher(nc: NatsConnection, timeoutMs: number, inboxPrefix?: string): Publisher {
  const inbox = `${createInbox(inboxPrefix)}.`;
  // In the order of their deadlines: every message waits equally long.
  const waiting = new Map<string, Waiting>();
  const storedAt = new Map<string, number>();
  let unansweredAt = Number.NEGATIVE_INFINITY;
  let queue: Queued[] = [];
  let count = 0;

  const settle = (token: string): Waiting | undefined => {
    const found = waiting.get(token);
    waiting.delete(token);
    return found;
  };
  const rejectAll = (before: number, error: () => NatsError) => {
    for (const [token, { deadline }] of waiting) {
      if (deadline > before) break;
      unansweredAt = performance.now();
      settle(token)?.reject(error());
    }
  };
  const onAnswer = (error: NatsError | null, message: Msg) => {
    const found = settle(message.subject.slice(inbox.length));
    if (!found) return;
    try {
      const answer = answerOf(error, message);
      // A duplicate is acknowledged without being stored, also by a server that stores nothing any more.
      if (answer.stream !== undefined && !answer.duplicate) storedAt.set(answer.stream, performance.now());
      found.resolve({ sequence: answer.seq ?? 0, duplicate: answer.duplicate ?? false });
    } catch (failure) {
      if (!(failure as NatsError).api_error) unansweredAt = performance.now();
      found.reject(failure as Error);
    }
  };
  nc.subscribe(`${inbox}*`, { callback: onAnswer });
  const watch = setInterval(() => rejectAll(performance.now(), () => NatsError.errorForCode('TIMEOUT')), lookEveryMs); // prettier-ignore
  watch.unref();
  void nc.closed().then(() => {
    clearInterval(watch);
    rejectAll(Infinity, () => NatsError.errorForCode('CONNECTION_CLOSED'));
  });

  const flush = () => {
    const messages = queue;
    queue = [];
    for (const message of messages) {
      try {
        send(nc, message);
      } catch (error) {
        settle(message.reply?.slice(inbox.length) ?? '')?.reject(error as Error);
      }
    }
  };
  const enqueue = (message: Queued) => {
    if (queue.length === 0) setImmediate(flush);
    queue.push(message);
    if (queue.length >= maxQueued) flush();
  };
  const publish = (message: OutgoingMessage) =>
    new Promise<PubAck>((resolve, reject) => {
      const token = (count++).toString(36);
      waiting.set(token, { resolve, reject, deadline: performance.now() + timeoutMs });
      enqueue({ ...message, reply: inbox + token });
    });

  return {
    publish,
    storedAt: (stream) => storedAt.get(stream),
    unansweredAt: () => unansweredAt,
    publishTogether: async (messages) => {
      const last = messages.at(-1);
      if (!last) throw new RangeError('a batch has at least one message');
      const id = nuid.next();
      for (const [index, message] of messages.entries()) {
        // In place: a copy of a dozen headers costs more than to write them.
        message.headers['Nats-Batch-Id'] = id;
        message.headers['Nats-Batch-Sequence'] = String(index + 1);
        if (message !== last) enqueue(message);
      }
      last.headers['Nats-Batch-Commit'] = '1';
      return publish(last);
    },
  };
}

function send(nc: NatsConnection, { subject, headers, body, reply }: Queued): void {
  const options: PublishOptions = reply === undefined ? {} : { reply };
  if (Object.keys(headers).length > 0) options.headers = outgoingHeaders(headers);
  // From the pool of Node's buffers: the client would make a buffer of its own for each text.
  nc.publish(subject, typeof body === 'string' ? Buffer.from(body) : body, options);
}

function answerOf(error: NatsError | null, message: Msg): Answer {
  if (error) throw error;
  if (message.data.length === 0 && message.headers?.code === 503) throw NatsError.errorForCode('503');
  const answer = message.json<Answer>();
  if (answer.error) {
    const refused = new NatsError(answer.error.description, String(answer.error.code));
    refused.api_error = answer.error;
    throw refused;
  }
  return answer;
}
