import type { StoredMessage } from '../events/envelope.ts';
import { type Connection, pullExpiresMs } from './connection.ts';
import { isNotFound, toLogError } from './errors.ts';
import { fromDelivery, fromStored } from './message.ts';

/** A stream to read. */
export interface Source {
  connection: Connection;
  stream: string;
}

/** Looks up the last message on a subject, as lastMessage does. */
export function lookUpIn({ connection, stream }: Source) {
  return (subject: string): Promise<StoredMessage | undefined> => lastMessage(connection, stream, subject);
}

/**
 * The last message whose subject matches, or undefined. Asks the stream's leader and not any replica
 * (`direct`), because a replica that lags would answer that there is none.
 */
export async function lastMessage(
  { jsm }: Connection,
  stream: string,
  filter: string,
): Promise<StoredMessage | undefined> {
  try {
    return fromStored(await jsm.streams.getMessage(stream, { last_by_subj: filter }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, `look up ${filter}`);
  }
}

/** The sequence of the last message under any of the filters; 0: there is none. Throws LogUnavailable. */
export async function lastSequenceUnder(
  connection: Connection,
  stream: string,
  filters: readonly string[],
): Promise<number> {
  const lasts = await Promise.all(filters.map((filter) => lastMessage(connection, stream, filter)));
  return Math.max(0, ...lasts.map((last) => last?.sequence ?? 0));
}

/**
 * The last message on one subject, or undefined, by a request that a server can allow for that subject alone. Any replica
 * answers it, also one that lags.
 */
export async function lastOn(
  { direct }: Connection,
  stream: string,
  subject: string,
): Promise<StoredMessage | undefined> {
  try {
    return fromStored(await direct.getMessage(stream, { last_by_subj: subject }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, `look up ${subject}`);
  }
}

/** The message at a sequence, or undefined where it is not there (any more). Asks the stream's leader, too. */
export async function messageAt(
  { jsm }: Connection,
  stream: string,
  sequence: number,
): Promise<StoredMessage | undefined> {
  try {
    return fromStored(await jsm.streams.getMessage(stream, { seq: sequence }));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, `look up message ${String(sequence)}`);
  }
}

/**
 * The filters of a consumer that reads. A list wherever it is known: users are allowed its subject (accounts.conf). Servers
 * before 2.10 know one filter alone; the client, too, goes by the number.
 */
export function filtersFor({ server }: Connection, filters: string[]): string | string[] {
  const [only, ...others] = filters;
  const knowsLists = !/^(0|1|2\.\d)\./.test(server.version);
  return knowsLists || only === undefined || others.length > 0 ? filters : only;
}

export interface Range {
  /** One subject filter, or several that do not overlap. */
  filter: string | readonly string[];
  /** First sequence, default 1. */
  from?: number;
  /** Last sequence, inclusive; default: the last one that is there when the reading starts. */
  to?: number;
  /** At most so many; default: all. */
  max?: number;
}

/** So many messages are on their way at once. */
const window = 1_000;
const watchEveryMs = 1_000;

/** Reads messages of a stream in order, from a range that has an end. Throws LogUnavailable, also where there is no such stream. */
export async function* readRange(
  connection: Connection,
  stream: string,
  { filter, from = 1, to, max = Number.MAX_SAFE_INTEGER }: Range,
): AsyncGenerator<StoredMessage> {
  const filterSubjects = typeof filter === 'string' ? [filter] : [...filter];
  const lastNow = () => lastSequenceUnder(connection, stream, filterSubjects);
  const end = Math.min(await lastNow(), to ?? Number.MAX_SAFE_INTEGER);
  if (end < from) {
    // An absent stream is not an empty one.
    if (end === 0) await assertThere(connection, stream);
    return;
  }
  const consumer = await connection.js.consumers
    .get(stream, { filterSubjects: filtersFor(connection, filterSubjects), opt_start_seq: from })
    .catch((error: unknown) => {
      throw toLogError(error, `read ${filterSubjects.join(' ')} of ${stream}`);
    });
  const messages = await consumer.consume({ max_messages: Math.min(max, window), expires: pullExpiresMs });
  let read = from - 1;
  let count = 0;
  // The last message may be gone before it is delivered (a timer fired, a message expired), and nothing says so.
  const look = async () => {
    if ((await lastNow()) <= read) void messages.close();
  };
  const watch = setInterval(() => void look().catch(() => undefined), watchEveryMs);
  try {
    for await (const message of messages) {
      if (message.seq > end) return;
      read = message.seq;
      count += 1;
      yield fromDelivery(message);
      if (message.seq === end || message.info.pending === 0 || count >= max) return;
    }
  } finally {
    clearInterval(watch);
    await messages.close();
    await consumer.delete();
  }
}

async function assertThere({ jsm }: Connection, stream: string): Promise<void> {
  await jsm.streams.info(stream).catch((error: unknown) => {
    throw toLogError(error, `read stream ${stream}`);
  });
}
