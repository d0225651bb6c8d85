import { randomUUID } from 'node:crypto';
import { chunkBytes } from './buffer-pool.ts';
import type { Connection } from './connection.ts';
import { ObjectExists, ObjectMissing, toLogError, WrongLastSequence } from './errors.ts';
import { nextChunk, putChunks } from './object-chunks.ts';
import {
  base64url,
  chunkSubject,
  getMeta,
  infoOf,
  metaOf,
  metaSubject,
  type ObjectInfo,
  type ObjectMeta,
} from './object-format.ts';
import { readRange } from './read.ts';

/** What is to be stored. */
export interface NewObject {
  name: string;
  metadata?: Record<string, string>;
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
  object: NewObject,
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectInfo> {
  if (object.askFirst && (await getInfo(connection, bucket, object.name)))
    throw new ObjectExists(`${object.name} is in ${bucket}`);
  const nuid = randomUUID().replaceAll('-', '');
  const chunks = chunkSubject(bucket, nuid);
  const forget = () =>
    connection.jsm.streams.purge(`OBJ_${bucket}`, { filter: chunks }).catch(() => undefined);
  const sent = await putChunks(connection, chunks, body, object.sha256).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  const meta: ObjectMeta = {
    name: object.name,
    bucket,
    nuid,
    size: sent.bytes,
    chunks: sent.chunks,
    digest: `SHA-256=${base64url(sent.digest)}`,
    mtime: new Date().toISOString(),
    options: { max_chunk_size: chunkBytes },
    ...(object.metadata ? { metadata: object.metadata } : {}),
  };
  await putMeta(connection, bucket, meta).catch(async (error: unknown) => {
    // Where the answer got lost the object may be there: its chunks must stay. The sweep removes them if not.
    if (error instanceof ObjectExists) await forget();
    throw error;
  });
  return infoOf(meta);
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
  // Each put of a name rolls up the one before: there is one record a name.
  for await (const { body } of readRange(connection, `OBJ_${bucket}`, { filter: `$O.${bucket}.M.>` })) {
    const meta = metaOf(body);
    if (!meta.deleted) objects.push(infoOf(meta));
  }
  return objects;
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
  let sequence = 0;
  for (let chunk = 1; chunk <= meta.chunks; chunk += 1) {
    const message = await nextChunk(connection, bucket, meta, sequence + 1);
    sequence = message.seq;
    yield message.data;
  }
}

/**
 * Deletes an object and its chunks; nothing to delete is fine. The name stays taken. By hand, because the client's own
 * delete looks for names outside ASCII where neither this nor `nats object` puts them.
 */
export async function deleteObject(connection: Connection, bucket: string, name: string): Promise<void> {
  const { publisher, jsm } = connection;
  const meta = await getMeta(connection, bucket, name);
  if (!meta) return;
  const mtime = new Date().toISOString();
  const deleted: ObjectMeta = { ...meta, size: 0, chunks: 0, digest: '', mtime, deleted: true };
  try {
    if (!meta.deleted)
      await publisher.publish({
        subject: metaSubject(bucket, name),
        headers: rollup,
        body: JSON.stringify(deleted),
      });
    // Also where it was deleted before: that process may have died here.
    await jsm.streams.purge(`OBJ_${bucket}`, { filter: chunkSubject(bucket, meta.nuid) });
  } catch (error) {
    throw toLogError(error, `delete ${name} from ${bucket}`);
  }
}

/** A put of a name removes the one before: there is one record a name. */
const rollup = { 'Nats-Rollup': 'sub' };

async function putMeta({ publisher }: Connection, bucket: string, meta: ObjectMeta): Promise<void> {
  const headers = { ...rollup, 'Nats-Expected-Last-Subject-Sequence': '0' };
  try {
    await publisher.publish({ subject: metaSubject(bucket, meta.name), headers, body: JSON.stringify(meta) });
  } catch (error) {
    const cause = toLogError(error, `store ${meta.name}`);
    throw cause instanceof WrongLastSequence ? new ObjectExists(`${meta.name} is in ${bucket}`) : cause;
  }
}
