import { createHash } from 'node:crypto';
import { AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import type { OutgoingFile } from './destination.ts';

/**
 * The bytes of a delivery, and a failure in the place of their end where they are not what was recorded: nobody takes
 * them for whole then. Throws PermanentlyFailed (staged-corrupt), AttemptFailed (interrupted), or what the reader throws.
 */
export async function* checkedBytes({ open, sha256, signal }: OutgoingFile): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const part of open()) {
    if (signal.aborted) throw interrupted();
    hash.update(part);
    yield part;
  }
  const actual = hash.digest('hex');
  if (actual === sha256) return;
  throw new PermanentlyFailed('staged-corrupt', `what was staged is not what was recorded: ${actual}`);
}

/**
 * The same for a reader that counts bytes: the last part is held back until all of them are what was recorded, so that damaged
 * ones never look whole.
 */
export async function* wholeBytes(
  parts: AsyncIterable<Uint8Array>,
  sha256: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const part of parts) {
    hash.update(part);
    if (held) yield held;
    held = part;
  }
  if (hash.digest('hex') !== sha256)
    throw new PermanentlyFailed('staged-corrupt', 'the stored recording is damaged');
  if (held) yield held;
}

export function interrupted(): AttemptFailed {
  return new AttemptFailed('interrupted', 'the upload was interrupted');
}
