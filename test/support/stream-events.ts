import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';

/** The sequences of what was told and done, in order: without timers, probes and policies, which any process may write in between. */
export async function eventSequences(connection: Connection): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { subject, sequence } of readRange(connection, streamName, { filter: 'aw.>' })) {
    if (!/^aw\.(schedule|policy)\./.test(subject)) sequences.push(sequence);
  }
  return sequences;
}
