import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-errors.ts';

export interface StoredObject {
  /** Undefined where the server does not keep bodies. */
  bytes: Buffer | undefined;
  size: number;
  /** Hex. */
  sha256: string;
  /** By their names after `x-amz-meta-`. */
  metadata: Record<string, string>;
  /** The sender gave x-amz-checksum-sha256. Only then does S3 answer with it. */
  hasChecksum: boolean;
}

export interface Bucket {
  objects: Map<string, StoredObject>;
  keepBodies: boolean;
}

/** PutObject: stores what came whole and as announced. `receive` gives the body; throws S3Error. */
export async function putObject(
  { objects, keepBodies }: Bucket,
  key: string,
  { headers }: IncomingMessage,
  receive: (each: (part: Buffer) => void) => Promise<void>,
): Promise<Record<string, string>> {
  if (headers['content-length'] === undefined) {
    throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  assertFree(objects, key, headers['if-none-match']);
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  let size = 0;
  await receive((part) => {
    hash.update(part);
    size += part.length;
    if (keepBodies) parts.push(part);
  });
  const sha256 = hash.digest();
  assertAnnounced(headers, sha256);
  // Again: somebody else may have been faster. From here to the storing nothing else runs.
  assertFree(objects, key, headers['if-none-match']);
  const object: StoredObject = {
    bytes: keepBodies ? Buffer.concat(parts) : undefined,
    size,
    sha256: sha256.toString('hex'),
    metadata: metadataOf(headers),
    hasChecksum: headers['x-amz-checksum-sha256'] !== undefined,
  };
  objects.set(key, object);
  return { etag: etagOf(object) };
}

/** GetObject and HeadObject; throws S3Error. */
export function getObject({ objects }: Bucket, key: string, { headers, method, url }: IncomingMessage) {
  const object = objects.get(key);
  if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  if (method === 'GET' && !object.bytes) {
    throw new S3Error('NotImplemented', 'This server was started without keepBodies');
  }
  const answer: Record<string, string> = { 'content-length': String(object.size), etag: etagOf(object) };
  const disposition = new URL(url ?? '/', 'http://s3').searchParams.get('response-content-disposition');
  if (disposition !== null) answer['content-disposition'] = disposition;
  for (const [name, value] of Object.entries(object.metadata)) answer[`x-amz-meta-${name}`] = value;
  if (headers['x-amz-checksum-mode'] === 'ENABLED' && object.hasChecksum) {
    answer['x-amz-checksum-sha256'] = Buffer.from(object.sha256, 'hex').toString('base64');
  }
  return { headers: answer, body: object.bytes };
}

function assertFree(objects: Map<string, StoredObject>, key: string, ifNoneMatch: string | undefined): void {
  if (ifNoneMatch === undefined) return;
  if (ifNoneMatch !== '*') throw new S3Error('NotImplemented', 'If-None-Match of PutObject must be *');
  if (!objects.has(key)) return;
  throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}

function assertAnnounced(headers: IncomingHttpHeaders, sha256: Buffer): void {
  const signed = headers['x-amz-content-sha256'] ?? '';
  if (signed !== 'UNSIGNED-PAYLOAD' && signed !== sha256.toString('hex')) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const checksum = headers['x-amz-checksum-sha256'] ?? sha256.toString('base64');
  if (checksum !== sha256.toString('base64')) {
    throw new S3Error('BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
  }
}

function metadataOf(headers: IncomingHttpHeaders): Record<string, string> {
  const prefix = 'x-amz-meta-';
  const entries = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), String(value)]));
}

// S3's own is an MD5, which nobody may rely on.
function etagOf({ sha256 }: StoredObject): string {
  return `"${sha256.slice(0, 32)}"`;
}
