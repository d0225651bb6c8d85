import type { Connection } from '../connection.ts';
import { lastMessage } from '../read.ts';

/** What is known of a stored object without reading it. */
export interface ObjectInfo {
  name: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  metadata: Record<string, string>;
  /** Where its chunks lie. */
  bucket: string;
  /** What its chunks are stored under. */
  nuid: string;
  /** How many they are. */
  chunks: number;
  /** Milliseconds since 1970. */
  storedAtMs: number;
}

/** The record of an object in NATS's own format, so that `nats object get` reads what this writes. */
export interface ObjectMeta {
  name: string;
  /** Where its chunks lie: with us not always the bucket of this record. */
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

/** The record under a name, also of a deleted object. */
export async function getMeta(
  connection: Connection,
  bucket: string,
  name: string,
): Promise<ObjectMeta | undefined> {
  const found = await lastMessage(connection, `OBJ_${bucket}`, metaSubject(bucket, name));
  return found && metaOf(found.body);
}

export function metaOf(body: Uint8Array): ObjectMeta {
  return JSON.parse(new TextDecoder().decode(body)) as ObjectMeta;
}

export function infoOf(meta: ObjectMeta): ObjectInfo {
  const sha256 = Buffer.from(meta.digest.replace('SHA-256=', ''), 'base64url').toString('hex');
  const { name, size: bytes, metadata = {}, bucket, nuid, chunks, mtime } = meta;
  return { name, bytes, sha256, metadata, bucket, nuid, chunks, storedAtMs: Date.parse(mtime) };
}

export function metaSubject(bucket: string, name: string): string {
  return `$O.${bucket}.M.${base64url(Buffer.from(name))}`;
}

export function chunkSubject(bucket: string, nuid: string): string {
  return `$O.${bucket}.C.${nuid}`;
}

/** With padding, as NATS's clients write it. */
export function base64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
