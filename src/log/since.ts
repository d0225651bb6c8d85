import type { MsgRequest } from 'nats';
import type { Connection } from './connection.ts';
import { isNotFound, toLogError } from './errors.ts';

/**
 * Sequence of the first message under a filter that the stream stored at a time (RFC 3339) or later; undefined where there is
 * none. Asks the stream's leader. Throws LogUnavailable.
 */
export async function firstSequenceSince(
  { jsm }: Connection,
  stream: string,
  filter: string,
  since: string,
): Promise<number | undefined> {
  // Servers have it since 2.11; the client's type does not name it.
  const query = { next_by_subj: filter, start_time: since } as unknown as MsgRequest;
  try {
    return (await jsm.streams.getMessage(stream, query)).seq;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLogError(error, `look up ${filter} since ${since}`);
  }
}
