import { timeOf } from '../../events/instant.ts';
import { policySubject } from '../../events/subjects.ts';
import type { Connection } from '../connection.ts';
import { messageAt } from '../read.ts';
import { firstSequenceSince } from '../since.ts';

/** What the server says of the messages that it has. */
export interface Ends {
  first_seq: number;
  last_seq: number;
}

/**
 * The sequence with which the history of a stream begins. Policies stay for ever: the first sequence that the server names may be
 * one of theirs, and what came behind it may be gone. Throws LogUnavailable.
 */
export async function beginningOf(
  connection: Connection,
  stream: string,
  { first_seq: first, last_seq: last }: Ends,
): Promise<number> {
  // 0 where there never was a message.
  for (let at = Math.max(first, 1); at <= last; at += 1) {
    const message = await messageAt(connection, stream, at);
    if (!message) return (await firstOfFacts(connection, stream)) ?? at;
    // Nothing is missing between it and the policies before it.
    if (!message.subject.startsWith(policies)) return first;
  }
  return first;
}

const policies = policySubject('');
const facts = ['aw.alert.>', 'aw.collection.>'];

async function firstOfFacts(connection: Connection, stream: string): Promise<number | undefined> {
  const ever = timeOf(0);
  const firsts = await Promise.all(
    facts.map((filter) => firstSequenceSince(connection, stream, filter, ever)),
  );
  const known = firsts.filter((first) => first !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
