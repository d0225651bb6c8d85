/** Memory is taken in steps of so many bytes. */
const step = 16_384;

/**
 * Puts parts together where they arrive, without keeping them: a sender that sends a byte at a time would have an object of two
 * hundred bytes kept for each. Memory is taken as parts come; only addresses are reserved for `most` bytes.
 */
export class BodyBuffer {
  readonly #most: number;
  #first: Buffer | undefined;
  #memory: ArrayBuffer | undefined;
  #length = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(part: Buffer): void {
    // Most bodies are one part.
    if (this.#first === undefined) {
      this.#first = part;
      return;
    }
    if (this.#memory === undefined) this.#put(this.#first);
    this.#put(part);
  }

  /** All of it, which it then no longer holds. */
  take(): Buffer {
    const first = this.#first ?? Buffer.alloc(0);
    const memory = this.#memory;
    this.#first = undefined;
    this.#memory = undefined;
    // Of a fixed length: reading what can be resized is ten times slower.
    return memory === undefined ? first : Buffer.from(memory.transferToFixedLength(this.#length));
  }

  #put(part: Buffer): void {
    const length = this.#length + part.length;
    const memory = (this.#memory ??= new ArrayBuffer(0, { maxByteLength: this.#most }));
    if (memory.byteLength < length) memory.resize(Math.min(this.#most, Math.ceil(length / step) * step));
    new Uint8Array(memory, this.#length, part.length).set(part);
    this.#length = length;
  }
}
