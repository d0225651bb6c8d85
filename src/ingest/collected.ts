/** Bytes that arrive in parts. */
export interface Collected {
  add: (part: Buffer) => void;
  whole: () => Buffer;
}

/** Memory is taken in steps of so many bytes. */
const step = 16_384;

/**
 * Puts parts together where they arrive, without keeping them: a sender that sends a byte at a time would have an object of two
 * hundred bytes kept for each. Memory is taken as parts come; only addresses are reserved for `most` bytes.
 */
export function createCollected(most: number): Collected {
  let first: Buffer | undefined;
  let memory: ArrayBuffer | undefined;
  let length = 0;
  const room = (bytes: number): ArrayBuffer => {
    memory ??= new ArrayBuffer(0, { maxByteLength: most });
    if (memory.byteLength < bytes) memory.resize(Math.min(most, Math.ceil(bytes / step) * step));
    return memory;
  };
  const put = (part: Buffer) => {
    new Uint8Array(room(length + part.length), length, part.length).set(part);
    length += part.length;
  };
  return {
    add: (part) => {
      // Most bodies are one part.
      if (first === undefined) {
        first = part;
        return;
      }
      if (memory === undefined) put(first);
      put(part);
    },
    whole: () => (memory === undefined ? (first ?? Buffer.alloc(0)) : Buffer.from(memory, 0, length)),
  };
}
