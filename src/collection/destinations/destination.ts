import type { ObjectInfo } from '../../log/objects/format.ts';

/** A verified recording on its way out, and where it belongs. */
export interface OutgoingFile {
  /** The name at the destination, with slashes. */
  key: string;
  bytes: number;
  /** Hex. */
  sha256: string;
  /** Printable ASCII: it becomes HTTP headers. */
  metadata: Record<string, string>;
  /** Opens the recording from its first byte. */
  open: () => AsyncIterable<Uint8Array>;
  /** What is known of it where it waits; undefined where it is gone. */
  staged: () => Promise<ObjectInfo | undefined>;
  signal: AbortSignal;
}

/**
 * One place to keep recordings. Resolves to the URL once the whole recording lies there under its key, also where it
 * did before (same sha256). Never overwrites. Throws AttemptFailed, or PermanentlyFailed where something else lies
 * under the key.
 */
export type DestinationPort = (delivery: OutgoingFile) => Promise<string>;
