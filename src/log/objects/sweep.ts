import type { Connection } from '../connection.ts';
import { isNotFound, toLogError } from '../errors.ts';
import { purgeChunks } from './chunks.ts';
import { deleteObject, listObjects, listRecords } from './store.ts';

export interface SweepOptions {
  /** Milliseconds since 1970. Nothing younger is touched: it may be on its way. */
  before: number;
  /** True: the object stays. */
  isWanted: (name: string) => boolean;
}

/** Deletes from a bucket the objects that nobody wants. Returns how many. */
export async function sweepObjects(
  connection: Connection,
  bucket: string,
  { before, isWanted }: SweepOptions,
): Promise<number> {
  const objects = await listObjects(connection, bucket);
  const unwanted = objects.filter(({ name, storedAtMs }) => storedAtMs < before && !isWanted(name));
  for (const { name } of unwanted) await deleteObject(connection, bucket, name);
  return unwanted.length;
}

export interface SweepChunksOptions {
  before: number;
  /** Buckets whose objects may have their chunks in this one, in the order in which names go from one to the next. */
  namedIn: readonly string[];
}

/**
 * Removes from a bucket the chunks that no object names: of puts that were never finished (a process was killed in the middle)
 * and of objects whose record, in another bucket, was swept. Returns of how many objects.
 */
export async function sweepChunks(
  connection: Connection,
  bucket: string,
  { before, namedIn }: SweepChunksOptions,
): Promise<number> {
  // Before the names are read: what gets its name meanwhile is found there.
  const subjects = await chunkSubjects(connection, bucket);
  if (subjects.length === 0) return 0;
  const named = new Set<string>();
  for (const each of namedIn) {
    for await (const { nuid, deleted, mtime } of listRecords(connection, each))
      // A deletion keeps its chunks for a while: those that it passed on to a name are not shown by every replica at once.
      if (!deleted || Date.parse(mtime) >= before) named.add(nuid);
  }
  let abandoned = 0;
  for (const subject of subjects) {
    const nuid = subject.split('.').at(-1) ?? '';
    if (named.has(nuid) || (await firstStoredAt(connection, bucket, subject)) >= before) continue;
    await purgeChunks(connection, bucket, nuid);
    abandoned += 1;
  }
  return abandoned;
}

async function chunkSubjects({ jsm }: Connection, bucket: string): Promise<string[]> {
  try {
    const info = await jsm.streams.info(`OBJ_${bucket}`, { subjects_filter: `$O.${bucket}.C.>` });
    return Object.keys(info.state.subjects ?? {});
  } catch (error) {
    throw toLogError(error, `list the chunks of ${bucket}`);
  }
}

async function firstStoredAt({ jsm }: Connection, bucket: string, subject: string): Promise<number> {
  try {
    const query = { seq: 1, next_by_subj: subject };
    const first = await jsm.streams.getMessage(`OBJ_${bucket}`, query);
    return first.time.getTime();
  } catch (error) {
    // Gone by itself meanwhile.
    if (isNotFound(error)) return Number.POSITIVE_INFINITY;
    throw toLogError(error, `look at a chunk of ${bucket}`);
  }
}
