import { type FileHandle, open } from 'node:fs/promises';
import { millisOf } from '../../events/instant.ts';
import { spanOf } from '../../kernel/explain/words.ts';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import { fileParts } from '../staging/file-parts.ts';

/** What a valid recording file says of itself. */
export interface CheckedRecording {
  bytes: number;
  /** RFC 3339: start of the first chunk, by the clock of the JVM. */
  startedAt: string;
  /** From the start of the first chunk to the end of the last. */
  durationMs: number;
  chunks: number;
  /** major.minor of the file format. */
  jfrVersion: string;
}

interface ChunkHeader {
  version: string;
  bytes: number;
  startNanos: bigint;
  durationNanos: bigint;
}

/** OpenJDK, jdk.jfr.internal.consumer.ChunkHeader: big-endian, 68 bytes. */
const headerBytes = 68;
const magic = 0x46_4c_52_00;
const offsets = { major: 4, minor: 6, size: 8, start: 32, duration: 40, state: 64 };
const finished = 0;

/** A recording file that was found valid. */
export interface OpenRecording extends AsyncDisposable {
  checked: CheckedRecording;
  /** Its bytes; each part is to be used before the next one is asked for. */
  parts: () => AsyncIterable<Uint8Array>;
  /** Resolves where nothing was written to the file since it was checked; throws AttemptFailed (recording-unfinished). */
  assertUnchanged: () => Promise<void>;
}

/** Opens a recording and checks it. Throws as checkRecording does. */
export async function openRecording(file: string): Promise<OpenRecording> {
  const handle = await open(file, 'r');
  try {
    const before = await handle.stat({ bigint: true });
    const checked = await checkFile(handle, Number(before.size));
    return {
      checked,
      parts: () => fileParts(handle, checked.bytes),
      assertUnchanged: async () => {
        const { size, mtimeNs } = await handle.stat({ bigint: true });
        if (size === before.size && mtimeNs === before.mtimeNs) return;
        throw new AttemptFailed(
          'recording-unfinished',
          'the recording changed after its collector had ended',
        );
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Clocks of two machines may differ by so much. */
const clocksDifferMs = 60_000;

/** Throws AttemptFailed (stale-recording) where a recording began before the attempt (RFC 3339) that is to have made it. */
export function assertBegan({ startedAt }: CheckedRecording, attemptBegunAt: string): void {
  const earlierMs = millisOf(attemptBegunAt) - millisOf(startedAt);
  if (earlierMs <= clocksDifferMs) return;
  const when = `the recording began at ${startedAt}, ${spanOf(earlierMs)} before this attempt (${attemptBegunAt})`;
  throw new AttemptFailed(
    'stale-recording',
    `${when}: it is an older one. If the command dumps a running recording, set allowEarlierStart: true for it; otherwise check both clocks`,
  );
}

/**
 * Walks a JFR file from chunk to chunk to its end, which finds truncation without reading the events. Throws AttemptFailed:
 * recording-empty, recording-not-jfr, recording-truncated, recording-unfinished.
 */
export async function checkRecording(file: string): Promise<CheckedRecording> {
  await using recording = await openRecording(file);
  return recording.checked;
}

async function checkFile(handle: FileHandle, size: number): Promise<CheckedRecording> {
  const chunks = await readChunks(handle, size);
  const [first] = chunks;
  const last = chunks.at(-1);
  if (!first || !last) throw new AttemptFailed('recording-empty', 'the recording is an empty file');
  const durationNanos = last.startNanos + last.durationNanos - first.startNanos;
  return {
    bytes: size,
    startedAt: new Date(Number(first.startNanos / 1_000_000n)).toISOString(),
    durationMs: Number(durationNanos / 1_000_000n),
    chunks: chunks.length,
    jfrVersion: first.version,
  };
}

async function readChunks(handle: FileHandle, size: number): Promise<ChunkHeader[]> {
  const chunks: ChunkHeader[] = [];
  for (let position = 0; position < size;) {
    const header = await readHeader(handle, position, size);
    if (position + header.bytes > size) {
      throw truncated(`chunk ${String(chunks.length + 1)} ends at ${String(position + header.bytes)}`, size);
    }
    chunks.push(header);
    position += header.bytes;
  }
  return chunks;
}

async function readHeader(handle: FileHandle, position: number, size: number): Promise<ChunkHeader> {
  const header = Buffer.alloc(headerBytes);
  const { bytesRead } = await handle.read(header, 0, headerBytes, position);
  if (bytesRead < 4 || header.readUInt32BE(0) !== magic) {
    const what = position === 0 ? 'the file is no JFR recording' : 'what follows a chunk is no chunk';
    throw new AttemptFailed('recording-not-jfr', `${what}: no magic number at offset ${String(position)}`);
  }
  if (bytesRead < headerBytes) throw truncated('a chunk header is cut', size);
  if (header.readUInt8(offsets.state) !== finished) {
    throw new AttemptFailed('recording-unfinished', 'the JVM was still writing the recording');
  }
  const bytes = Number(header.readBigInt64BE(offsets.size));
  // Smaller than its own header, and the walk would never end.
  if (bytes < headerBytes)
    throw new AttemptFailed('recording-not-jfr', `a chunk claims ${String(bytes)} bytes`);
  return {
    version: `${String(header.readUInt16BE(offsets.major))}.${String(header.readUInt16BE(offsets.minor))}`,
    bytes,
    startNanos: header.readBigInt64BE(offsets.start),
    durationNanos: header.readBigInt64BE(offsets.duration),
  };
}

function truncated(what: string, size: number): AttemptFailed {
  return new AttemptFailed(
    'recording-truncated',
    `the recording is cut short: ${what}, the file has ${String(size)} bytes`,
  );
}
