import { createHash } from 'node:crypto';
import type { StoredMsg } from 'nats';
import type { Connection } from '../connection.ts';
import { chunkBuffers, chunkBytes } from './buffer-pool.ts';
import { isNotFound, ObjectMissing, toLogError } from '../errors.ts';
import { chunkSubject, type ObjectMeta } from './format.ts';

/** Chunks on their way to the server at once: 1 MiB. The client's own put sends all it can read. */
const chunksInFlight = 8;

/** What was stored. */
export interface StoredChunks {
  bytes: number;
  chunks: number;
  /** Hex. */
  sha256: string;
}

/**
 * Stores a body as chunks under a subject, a few on their way at once. `sha256` (hex), where the body itself makes sure of
 * it, saves the hashing. Throws LogUnavailable, or what `body` throws.
 */
export async function putChunks(
  { publisher }: Connection,
  subject: string,
  body: AsyncIterable<Uint8Array>,
  sha256?: string,
): Promise<StoredChunks> {
  const hash = sha256 === undefined ? createHash('sha256') : undefined;
  const inFlight: Promise<unknown>[] = [];
  const buffers: Buffer[] = [];
  let bytes = 0;
  let chunks = 0;
  try {
    for await (const chunk of inChunks(body, buffers)) {
      hash?.update(chunk);
      bytes += chunk.length;
      chunks += 1;
      const sent = publisher.publish({ subject, headers: {}, body: chunk }).catch((error: unknown) => {
        throw toLogError(error, 'store a chunk');
      });
      // Awaited above or below: until then a failure must not count as unhandled.
      sent.catch(() => undefined);
      inFlight.push(sent);
      // Before the next chunk is filled: its memory is that of the one awaited here.
      if (inFlight.length >= chunksInFlight) await inFlight.shift();
    }
    await Promise.all(inFlight);
  } catch (error) {
    // A chunk on its way could otherwise arrive after the purge, and stay.
    await Promise.allSettled(inFlight);
    throw error;
  } finally {
    for (const buffer of buffers) chunkBuffers.giveBack(buffer);
  }
  return { bytes, chunks, sha256: hash?.digest('hex') ?? sha256 ?? '' };
}

/** Chunks in a few buffers that are used again and again: one that was yielded is overwritten chunksInFlight later. */
async function* inChunks(body: AsyncIterable<Uint8Array>, buffers: Buffer[]): AsyncGenerator<Uint8Array> {
  let filled = 0;
  let count = 0;
  const current = () => (buffers[count % chunksInFlight] ??= chunkBuffers.take());
  for await (let part of body) {
    while (part.length > 0) {
      const taken = Math.min(chunkBytes - filled, part.length);
      current().set(part.subarray(0, taken), filled);
      filled += taken;
      part = part.subarray(taken);
      if (filled < chunkBytes) continue;
      yield current();
      count += 1;
      filled = 0;
    }
  }
  if (filled > 0) yield current().subarray(0, filled);
}

/** The first chunk of an object from a sequence on. Throws ObjectMissing where there is none. */
export async function nextChunk(
  { jsm, direct }: Connection,
  meta: ObjectMeta,
  from: number,
): Promise<StoredMsg> {
  const { bucket } = meta;
  const stream = `OBJ_${bucket}`;
  const query = { seq: from, next_by_subj: chunkSubject(bucket, meta.nuid) };
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

/** How many chunks are stored under it. */
export async function countChunks({ jsm }: Connection, bucket: string, nuid: string): Promise<number> {
  const subject = chunkSubject(bucket, nuid);
  try {
    const { state } = await jsm.streams.info(`OBJ_${bucket}`, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
  } catch (error) {
    throw toLogError(error, `count the chunks of an object in ${bucket}`);
  }
}

/** Removes them all; none is fine. Throws what the client throws. */
export async function purgeChunks({ jsm }: Connection, bucket: string, nuid: string): Promise<void> {
  await jsm.streams.purge(`OBJ_${bucket}`, { filter: chunkSubject(bucket, nuid) });
}
