import { createHash } from 'node:crypto';
import type { ExpectedRecording } from '../../collection/audit/recordings.ts';
import type { Connection } from '../../log/connection.ts';
import { recordingsBucket } from '../../log/streams/definitions.ts';
import { getInfo, readObject } from '../../log/objects/store.ts';
import { createS3Reader } from './s3-reader.ts';

/** An object at a destination. */
export interface FoundObject {
  bytes: number;
  /** Hex; absent where the destination does not know it. */
  sha256?: string;
  read: () => AsyncIterable<Uint8Array>;
}

/** What is wrong with a recording at its destination, or why it cannot be said. */
export type Look = { wrong: string } | { unknown: string } | undefined;

export interface Looker {
  look: (recording: ExpectedRecording) => Promise<Look>;
  close: () => void;
}

/** Looks whether recordings lie at their destinations as they should; `deep` reads every byte of them. */
export function createLooker(connection: Connection, deep: boolean): Looker {
  const s3 = createS3Reader();

  const find = async ({ about: { url }, destination }: ExpectedRecording): Promise<FoundObject | Look> => {
    if (destination?.type === 's3' || (!destination && url.startsWith('s3://'))) {
      if (!destination) return { unknown: 'the plan with its endpoint is not on the stream any more' };
      const key = after(`s3://${destination.bucket}/`, url);
      return key === undefined ? elsewhere : s3.find(destination, key);
    }
    const name = after(`object-store://${recordingsBucket}/`, url);
    return name === undefined ? elsewhere : findObject(connection, name);
  };

  return {
    look: async (recording) => {
      try {
        const found = await find(recording);
        return found && 'read' in found ? await compare(found, recording, deep) : (found ?? missing);
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return { wrong: `could not be checked: ${name}: ${message}` };
      }
    },
    close: s3.close,
  };
}

const missing: Look = { wrong: 'there is nothing at its url' };
const elsewhere: Look = { wrong: 'its url is not of the destination in its plan' };

async function compare(
  found: FoundObject,
  { bytes, sha256 }: ExpectedRecording,
  deep: boolean,
): Promise<Look> {
  const stated = differs('', found, bytes, sha256);
  if (stated) return stated;
  // S3 knows the sha256 only of what was put with one.
  if (!deep && found.sha256 !== undefined) return undefined;
  const hash = createHash('sha256');
  let read = 0;
  for await (const part of found.read()) {
    hash.update(part);
    read += part.length;
  }
  return differs(', read byte by byte', { bytes: read, sha256: hash.digest('hex') }, bytes, sha256);
}

function differs(how: string, is: Omit<FoundObject, 'read'>, bytes: number, sha256: string): Look {
  if (is.bytes !== bytes)
    return { wrong: `has ${String(is.bytes)} bytes at its url${how}, not ${String(bytes)}` };
  if (is.sha256 === undefined || is.sha256 === sha256) return undefined;
  return { wrong: `has sha256 ${is.sha256} at its url${how}, not ${sha256}` };
}

async function findObject(connection: Connection, name: string): Promise<FoundObject | undefined> {
  const info = await getInfo(connection, recordingsBucket, name);
  return info && { ...info, read: () => readObject(connection, recordingsBucket, name) };
}

function after(prefix: string, url: string): string | undefined {
  return url.startsWith(prefix) ? url.slice(prefix.length) : undefined;
}
