import { createHash } from 'node:crypto';
import type { StoredMsg } from 'nats';
import type { Connection } from './connection.ts';
import { isNotFound, ObjectMissing, toLogError } from './errors.ts';
import { chunkSubject, type ObjectMeta } from './object-format.ts';

export const chunkBytes = 128 * 1024;
/** Chunks on their way to the server at once: 1 MiB. The client's own put sends all it can read. */
const chunksInFlight = 8;

/** Stores a body as chunks under a subject, a few on their way at once. Throws LogUnavailable, or what `body` throws. */
export async function putChunks({ js }: Connection, subject: string, body: AsyncIterable<Uint8Array>) {
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
      // A part of just the right size is passed on as it is.
      yield held.length === 0 ? part.subarray(0, taken) : Buffer.concat([...held, part.subarray(0, taken)]);
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

/** The first chunk of an object from a sequence on. Throws ObjectMissing where there is none. */
export async function nextChunk(
  { jsm, direct }: Connection,
  bucket: string,
  meta: ObjectMeta,
  from: number,
): Promise<StoredMsg> {
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
