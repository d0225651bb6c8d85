import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/definitions.ts';
import { readRange } from '../../src/log/read.ts';

/** The sequences of the events on the stream, in order: without timers and probes, which anybody may write in between. */
export async function eventSequences(connection: Connection): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { subject, sequence } of readRange(connection, streamName, { filter: 'aw.>' })) {
    if (!subject.startsWith('aw.schedule.')) sequences.push(sequence);
  }
  return sequences;
}
