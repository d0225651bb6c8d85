import { createHash, randomUUID } from 'node:crypto';
import { headers as natsHeaders, type StoredMsg } from 'nats';
import type { Connection } from './connection.ts';
import { isNotFound, ObjectExists, ObjectMissing, toLogError, WrongLastSequence } from './errors.ts';
import { lastMessage } from './read.ts';

/** What is known of a stored object without reading it. */
export interface ObjectInfo {
  name: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  metadata: Record<string, string>;
  /** What its chunks are stored under. */
  nuid: string;
  /** Milliseconds since 1970. */
  storedAtMs: number;
}

/** The record of an object in NATS's own format, so that `nats object get` reads what this writes. */
interface ObjectMeta {
  name: string;
  bucket: string;
  nuid: string;
  size: number;
  chunks: number;
  digest: string;
  mtime: string;
  deleted?: boolean;
  metadata?: Record<string, string>;
  options: { max_chunk_size: number };
}

const chunkBytes = 128 * 1024;
/** Chunks on their way to the server at once: 1 MiB. The client's own put sends all it can read. */
const chunksInFlight = 8;

/**
 * Puts an object under a name that must be free; it is visible when it is whole. Streams, with bounded memory.
 * Throws ObjectExists, or what `body` throws; the chunks of an unfinished object are purged, or swept later.
 */
export async function putObject(
  connection: Connection,
  bucket: string,
  object: { name: string; metadata?: Record<string, string> },
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectInfo> {
  if (await getInfo(connection, bucket, object.name))
    throw new ObjectExists(`${object.name} is in ${bucket}`);
  const nuid = randomUUID().replaceAll('-', '');
  const chunkSubject = `$O.${bucket}.C.${nuid}`;
  try {
    const sent = await putChunks(connection, chunkSubject, body);
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
    await putMeta(connection, bucket, meta);
    return infoOf(meta);
  } catch (error) {
    await connection.jsm.streams.purge(`OBJ_${bucket}`, { filter: chunkSubject }).catch(() => undefined);
    throw error;
  }
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
export async function listObjects({ js }: Connection, bucket: string): Promise<ObjectInfo[]> {
  try {
    const store = await js.views.os(bucket);
    const objects = (await store.list()) as unknown as ObjectMeta[];
    return objects.filter(({ deleted }) => !deleted).map(infoOf);
  } catch (error) {
    throw toLogError(error, `list ${bucket}`);
  }
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
  const { js, jsm } = connection;
  const meta = await getMeta(connection, bucket, name);
  if (!meta) return;
  const header = natsHeaders();
  header.set('Nats-Rollup', 'sub');
  const mtime = new Date().toISOString();
  const deleted: ObjectMeta = { ...meta, size: 0, chunks: 0, digest: '', mtime, deleted: true };
  try {
    if (!meta.deleted)
      await js.publish(metaSubject(bucket, name), JSON.stringify(deleted), { headers: header });
    // Also where it was deleted before: that process may have died here.
    await jsm.streams.purge(`OBJ_${bucket}`, { filter: `$O.${bucket}.C.${meta.nuid}` });
  } catch (error) {
    throw toLogError(error, `delete ${name} from ${bucket}`);
  }
}

async function putChunks({ js }: Connection, subject: string, body: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  const inFlight: Promise<unknown>[] = [];
  let bytes = 0;
  let chunks = 0;
  try {
    for await (const chunk of inChunks(body)) {
      hash.update(chunk);
      bytes += chunk.length;
      chunks += 1;
      if (inFlight.length >= chunksInFlight) await inFlight.shift();
      const sent = js.publish(subject, chunk).catch((error: unknown) => {
        throw toLogError(error, 'store a chunk');
      });
      // Awaited above or below: until then a failure must not count as unhandled.
      sent.catch(() => undefined);
      inFlight.push(sent);
    }
    await Promise.all(inFlight);
  } catch (error) {
    // A chunk on its way could otherwise arrive after the purge, and stay.
    await Promise.allSettled(inFlight);
    throw error;
  }
  return { bytes, chunks, digest: hash.digest() };
}

async function* inChunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (let part of body) {
    while (heldBytes + part.length >= chunkBytes) {
      const taken = chunkBytes - heldBytes;
      yield Buffer.concat([...held, part.subarray(0, taken)]);
      part = part.subarray(taken);
      held = [];
      heldBytes = 0;
    }
    if (part.length > 0) {
      held.push(part);
      heldBytes += part.length;
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

async function putMeta({ js }: Connection, bucket: string, meta: ObjectMeta): Promise<void> {
  const header = natsHeaders();
  header.set('Nats-Rollup', 'sub');
  header.set('Nats-Expected-Last-Subject-Sequence', '0');
  try {
    await js.publish(metaSubject(bucket, meta.name), JSON.stringify(meta), { headers: header });
  } catch (error) {
    const cause = toLogError(error, `store ${meta.name}`);
    throw cause instanceof WrongLastSequence ? new ObjectExists(`${meta.name} is in ${bucket}`) : cause;
  }
}

async function getMeta(
  connection: Connection,
  bucket: string,
  name: string,
): Promise<ObjectMeta | undefined> {
  const found = await lastMessage(connection, `OBJ_${bucket}`, metaSubject(bucket, name));
  return found ? (JSON.parse(new TextDecoder().decode(found.body)) as ObjectMeta) : undefined;
}

async function nextChunk(
  { jsm, direct }: Connection,
  bucket: string,
  meta: ObjectMeta,
  from: number,
): Promise<StoredMsg> {
  const stream = `OBJ_${bucket}`;
  const query = { seq: from, next_by_subj: `$O.${bucket}.C.${meta.nuid}` };
  try {
    return await direct.getMessage(stream, query);
  } catch (error) {
    if (!isNotFound(error)) throw toLogError(error, `read ${meta.name}`);
  }
  // Any replica answers a direct get, also one that lags: only the leader knows that a chunk is gone.
  return jsm.streams.getMessage(stream, query).catch((error: unknown) => {
    if (isNotFound(error)) throw new ObjectMissing(`a chunk of ${meta.name} is gone from ${bucket}`);
    throw toLogError(error, `read ${meta.name}`);
  });
}

function infoOf(meta: ObjectMeta): ObjectInfo {
  const sha256 = Buffer.from(meta.digest.replace('SHA-256=', ''), 'base64url').toString('hex');
  const { name, size: bytes, metadata = {}, nuid, mtime } = meta;
  return { name, bytes, sha256, metadata, nuid, storedAtMs: Date.parse(mtime) };
}

function metaSubject(bucket: string, name: string): string {
  return `$O.${bucket}.M.${base64url(Buffer.from(name))}`;
}

/** With padding, as NATS's clients write it. */
function base64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
