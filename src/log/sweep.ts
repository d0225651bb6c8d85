import type { Connection } from './connection.ts';
import { isNotFound, toLogError } from './errors.ts';
import { deleteObject, listObjects } from './object-store.ts';

export interface SweepOptions {
  /** Nothing younger is touched: it may be on its way. */
  olderThanMs: number;
  /** True: the object stays. */
  isWanted: (name: string) => boolean;
}

/**
 * Removes from a bucket the objects that nobody wants, and the chunks of puts that were never finished (a process was
 * killed in the middle). Returns how many of each.
 */
export async function sweepBucket(
  connection: Connection,
  bucket: string,
  { olderThanMs, isWanted }: SweepOptions,
) {
  const before = Date.now() - olderThanMs;
  const objects = await listObjects(connection, bucket);
  const unwanted = objects.filter(({ name, storedAtMs }) => storedAtMs < before && !isWanted(name));
  for (const { name } of unwanted) await deleteObject(connection, bucket, name);

  const named = new Set(objects.map(({ nuid }) => nuid));
  let abandoned = 0;
  for (const subject of await chunkSubjects(connection, bucket)) {
    const nuid = subject.split('.').at(-1) ?? '';
    if (named.has(nuid) || (await firstStoredAt(connection, bucket, subject)) >= before) continue;
    await connection.jsm.streams.purge(`OBJ_${bucket}`, { filter: subject });
    abandoned += 1;
  }
  return { objects: unwanted.length, abandoned };
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
