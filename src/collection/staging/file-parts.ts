import type { FileHandle } from 'node:fs/promises';
import { chunkBuffers } from '../../log/objects/buffer-pool.ts';

/**
 * Reads the first bytes of a file part by part into one buffer: a part is to be used before the next one is asked for. A
 * stream of the file would leave the memory of a 300 MB recording to the garbage collector.
 */
export async function* fileParts(handle: FileHandle, bytes: number): AsyncGenerator<Uint8Array> {
  const buffer = chunkBuffers.take();
  try {
    for (let position = 0; position < bytes;) {
      const wanted = Math.min(buffer.length, bytes - position);
      const { bytesRead } = await handle.read(buffer, 0, wanted, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    chunkBuffers.giveBack(buffer);
  }
}
