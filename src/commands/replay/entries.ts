import { findCollection } from '../../collection/read/evidence.ts';
import { createPodHistory, isOfCollection, type PodHistoryEntry } from '../../collection/pod/history.ts';
import { isAfter, isBefore, type Point } from '../../events/point.ts';
import { type Pod, podSubject } from '../../events/subjects.ts';
import type { Connection } from '../../log/connection.ts';
import { readRange } from '../../log/read.ts';
import { CommandFailed } from '../terminal/exit-codes.ts';

/** Which part of which stream is asked for. */
export interface ReplayRange {
  stream: string;
  pod?: Pod;
  collection?: string;
  from?: Point;
  until?: Point;
}

/**
 * Folds a pod, or all of them, from the beginning of the stream, and gives what was asked for. Throws CommandFailed
 * where there is no such collection.
 */
export async function* readEntries(
  connection: Connection,
  asked: ReplayRange,
): AsyncGenerator<PodHistoryEntry> {
  const { stream, collection, from, until } = asked;
  const pod =
    asked.pod ?? (collection === undefined ? undefined : await podOf(connection, stream, collection));
  const range = {
    filter: pod ? `${podSubject(pod)}.>` : 'aw.>',
    ...(until && 'sequence' in until ? { to: until.sequence } : {}),
  };
  const history = createPodHistory();
  for await (const message of readRange(connection, stream, range)) {
    if (until && isAfter(message, until)) return;
    // Timers are no facts.
    if (message.subject.startsWith('aw.schedule.')) continue;
    const entry = history.fold(message);
    if (from && isBefore(entry, from)) continue;
    if (collection !== undefined && !isOfCollection(entry, collection)) continue;
    yield entry;
  }
}

async function podOf(connection: Connection, stream: string, collection: string): Promise<Pod> {
  const pod = await findCollection({ connection, stream }, collection);
  if (pod) return pod;
  throw new CommandFailed(
    'notFound',
    `there is no collection ${collection} on the stream ${stream} (any more)`,
  );
}
