import { open } from 'node:fs/promises';
import { chunkBuffers } from '../log/buffer-pool.ts';

/**
 * Reads a file part by part into one buffer: a part is to be used before the next one is asked for. A stream of the file
 * would leave the memory of a 300 MB recording to the garbage collector.
 */
export async function* fileParts(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  const buffer = chunkBuffers.take();
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    chunkBuffers.giveBack(buffer);
    await handle.close();
  }
}
