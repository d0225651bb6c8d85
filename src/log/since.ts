import type { MsgRequest } from 'nats';
import { millisOf } from '../events/instant.ts';
import { type Connection, pullExpiresMs } from './connection.ts';
import { isNotFound, toLogError } from './errors.ts';
import { filtersFor } from './read.ts';

/**
 * Sequence of the first message under a filter that the stream stored at a time (RFC 3339) or later; undefined where there is
 * none. Asks the stream's leader. Throws LogUnavailable.
 */
export async function firstSequenceSince(
  connection: Connection,
  stream: string,
  filter: string,
  since: string,
): Promise<number | undefined> {
  // Servers have it since 2.11; the client's type does not name it.
  const query = { next_by_subj: filter, start_time: since } as unknown as MsgRequest;
  try {
    const { seq, time } = await connection.jsm.streams.getMessage(stream, query);
    return time.getTime() < millisOf(since) ? await firstDelivered(connection, stream, filter, since) : seq;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, `look up ${filter} since ${since}`);
  }
}

/** An older server passes over the time and answers with the first message of all: a consumer begins there on each. */
async function firstDelivered(connection: Connection, stream: string, filter: string, since: string) {
  const filterSubjects = filtersFor(connection, [filter]);
  const consumer = await connection.js.consumers.get(stream, { filterSubjects, opt_start_time: since });
  const message = await consumer.next({ expires: pullExpiresMs });
  await consumer.delete();
  return message?.seq;
}
