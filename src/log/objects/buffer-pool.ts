/** Buffers of one size that are used again: fresh ones would cost page faults and garbage collections. */
export interface BufferPool {
  take: () => Buffer;
  /** The buffer must not be used any more by whoever gives it back. */
  giveBack: (buffer: Buffer) => void;
}

/** 8 MiB of memory at most are kept: what 8 puts of objects at once have in flight. */
const kept = 64;

/** The size of a chunk in NATS's object store. */
export const chunkBytes = 128 * 1024;

function createBufferPool(): BufferPool {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes),
    giveBack: (buffer) => {
      if (free.length < kept) free.push(buffer);
    },
  };
}

/** The one of this process. */
export const chunkBuffers = createBufferPool();
