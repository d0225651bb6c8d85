import { randomUUID } from 'node:crypto';
import { chunkBytes } from './buffer-pool.ts';
import type { Connection } from '../connection.ts';
import { ObjectExists, ObjectMissing, toLogError, WrongLastSequence } from '../errors.ts';
import { countChunks, nextChunk, purgeChunks, putChunks, type StoredChunks } from './chunks.ts';
import {
  base64url,
  chunkSubject,
  getMeta,
  infoOf,
  metaOf,
  metaSubject,
  type ObjectInfo,
  type ObjectMeta,
} from './format.ts';
import { readRange } from '../read.ts';

/** How an object is called and what is said of it. */
export interface Label {
  name: string;
  metadata?: Record<string, string>;
}

/** What is to be stored. */
export interface NewObject extends Label {
  /** Hex; given where the body itself fails if it is another one, which saves the hashing. */
  sha256?: string;
  /** True: asks whether the name is free before anything is sent. Worth it where much would be sent in vain. */
  askFirst?: boolean;
}

/**
 * Puts an object under a name that must be free; it is visible when it is whole. Streams, with bounded memory.
 * Throws ObjectExists, or what `body` throws; the chunks of an unfinished object are purged, or swept later.
 */
export async function putObject(
  connection: Connection,
  bucket: string,
  { askFirst, sha256, ...label }: NewObject,
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectInfo> {
  if (askFirst && (await getInfo(connection, bucket, label.name)))
    throw new ObjectExists(`${label.name} is in ${bucket}`);
  return putLabelled(connection, { bucket, chunksIn: bucket, sha256 }, body, () => label);
}

export interface ObjectPlace {
  /** Bucket of the object's record. */
  bucket: string;
  /** Bucket of the chunks: in another one the object can get its name later without being moved. */
  chunksIn: string;
  sha256?: string | undefined;
}

/** As putObject, with a label that is asked for when the chunks are stored; where it throws, they are purged. */
export async function putLabelled(
  connection: Connection,
  { bucket, chunksIn, sha256 }: ObjectPlace,
  body: AsyncIterable<Uint8Array>,
  labelFor: (stored: StoredChunks) => Promise<Label> | Label,
): Promise<ObjectInfo> {
  const nuid = randomUUID().replaceAll('-', '');
  const forget = () => purgeChunks(connection, chunksIn, nuid).catch(() => undefined);
  const store = async () => {
    const stored = await putChunks(connection, chunkSubject(chunksIn, nuid), body, sha256);
    return createMeta(await labelFor(stored), { bucket: chunksIn, nuid, ...stored });
  };
  const meta = await store().catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  await putMeta(connection, bucket, meta).catch(async (error: unknown) => {
    // Where the answer got lost the object may be there: its chunks must stay. The sweep removes them if not.
    if (error instanceof ObjectExists) await forget();
    throw error;
  });
  return infoOf(meta);
}

/**
 * Names the chunks of an object in the bucket where they lie, without moving a byte: the object, whose record lies in another
 * bucket, is there as whole as if it had been put. The name must be free. Throws ObjectMissing where a chunk is gone, or
 * ObjectExists.
 */
export async function nameObject(connection: Connection, object: ObjectInfo, label: Label): Promise<void> {
  const { bucket, nuid, chunks } = object;
  const there = await countChunks(connection, bucket, nuid);
  if (there !== chunks)
    throw new ObjectMissing(
      `${String(there)} of ${String(chunks)} chunks of ${object.name} are in ${bucket}`,
    );
  await putMeta(connection, bucket, createMeta(label, object));
}

/** What is stored under a name; undefined where nothing is. */
export async function getInfo(
  connection: Connection,
  bucket: string,
  name: string,
): Promise<ObjectInfo | undefined> {
  const meta = await getMeta(connection, bucket, name);
  return meta && !meta.deleted ? infoOf(meta) : undefined;
}

/** Every object of a bucket. Reads all names: for rare work, such as after a crash. */
export async function listObjects(connection: Connection, bucket: string): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const meta of listRecords(connection, bucket)) if (!meta.deleted) objects.push(infoOf(meta));
  return objects;
}

/** Every record of a bucket, those of deleted objects too. */
export async function* listRecords(connection: Connection, bucket: string): AsyncGenerator<ObjectMeta> {
  // Each put of a name rolls up the one before: there is one record a name.
  for await (const { body } of readRange(connection, `OBJ_${bucket}`, { filter: `$O.${bucket}.M.>` }))
    yield metaOf(body);
}

/**
 * Reads an object chunk by chunk, no faster than the reader takes it: the client's own get buffers what a slow
 * reader has not taken. Throws ObjectMissing where a chunk is gone; the reader checks the sha256.
 */
export async function* readObject(
  connection: Connection,
  bucket: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const meta = await getMeta(connection, bucket, name);
  if (!meta || meta.deleted) throw new ObjectMissing(`${name} is not in ${bucket}`);
  const chunkAfter = (sequence: number) => {
    const chunk = nextChunk(connection, meta, sequence + 1);
    // It is awaited below, or by nobody where the reader has stopped.
    chunk.catch(() => undefined);
    return chunk;
  };
  let next = meta.chunks > 0 ? chunkAfter(0) : undefined;
  for (let chunk = 1; next; chunk += 1) {
    const { seq, data } = await next;
    // One is on its way while the reader works on the one before.
    next = chunk < meta.chunks ? chunkAfter(seq) : undefined;
    yield data;
  }
}

/**
 * Deletes an object and its chunks; nothing to delete is fine. The name stays taken. Chunks in another bucket stay: they may
 * have a name there, and are swept where they have none. By hand, because the client's own delete looks for names outside
 * ASCII where neither this nor `nats object` puts them. `known`, where somebody has it, saves the look at its record.
 */
export async function deleteObject(
  connection: Connection,
  bucket: string,
  name: string,
  known?: ObjectInfo,
): Promise<void> {
  const meta = known ? createMeta(known, known) : await getMeta(connection, bucket, name);
  if (!meta) return;
  const mtime = new Date().toISOString();
  const deleted: ObjectMeta = { ...meta, size: 0, chunks: 0, digest: '', mtime, deleted: true };
  try {
    if (!meta.deleted)
      await connection.publisher.publish({
        subject: metaSubject(bucket, name),
        headers: rollup,
        body: JSON.stringify(deleted),
      });
    // Also where it was deleted before: that process may have died here.
    if (meta.bucket === bucket) await purgeChunks(connection, bucket, meta.nuid);
  } catch (error) {
    throw toLogError(error, `delete ${name} from ${bucket}`);
  }
}

/** A put of a name removes the one before: there is one record a name. */
const rollup = { 'Nats-Rollup': 'sub' };

type Chunks = Pick<ObjectInfo, 'bucket' | 'nuid' | 'chunks' | 'bytes' | 'sha256'>;

function createMeta({ name, metadata }: Label, { bucket, nuid, chunks, bytes, sha256 }: Chunks): ObjectMeta {
  return {
    name,
    bucket,
    nuid,
    size: bytes,
    chunks,
    digest: `SHA-256=${base64url(Buffer.from(sha256, 'hex'))}`,
    mtime: new Date().toISOString(),
    options: { max_chunk_size: chunkBytes },
    ...(metadata ? { metadata } : {}),
  };
}

async function putMeta({ publisher }: Connection, bucket: string, meta: ObjectMeta): Promise<void> {
  const headers = { ...rollup, 'Nats-Expected-Last-Subject-Sequence': '0' };
  try {
    await publisher.publish({ subject: metaSubject(bucket, meta.name), headers, body: JSON.stringify(meta) });
  } catch (error) {
    const cause = toLogError(error, `store ${meta.name}`);
    throw cause instanceof WrongLastSequence ? new ObjectExists(`${meta.name} is in ${bucket}`) : cause;
  }
}
