import { createHash } from 'node:crypto';
import { afterEach, beforeEach, vi } from 'vitest';
import type { OutgoingFile } from '../../src/collection/destinations/destination.ts';
import type { S3Place } from '../../src/collection/destinations/s3.ts';
import { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { type S3Server, startS3 } from './s3-server.ts';

/** A simulated S3 of its own for each test, its credentials in the environment for the AWS SDK to find. */
export function useS3(): () => S3Server {
  let server: S3Server | undefined;
  beforeEach(async () => {
    server = await startS3();
    stubAwsEnvironment(server.credentials);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server?.close();
  });
  return () => {
    if (!server) throw new Error('S3 runs while a test runs');
    return server;
  };
}

/** Where a simulated S3 is, as a plan says it. */
export function placeOf({ endpoint, bucket }: S3Server): S3Place {
  return { type: 's3', bucket, endpoint, region: 'eu-central-1', forcePathStyle: true };
}

/** The AWS SDK finds these credentials, and no others that this machine may have. */
export function stubAwsEnvironment(credentials: Partial<S3Server['credentials']>): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}

/** A delivery of these bytes, in a few parts. */
export function deliveryOf(content: string | Buffer, changes: Partial<OutgoingFile> = {}): OutgoingFile {
  const bytes = Buffer.from(content);
  return {
    key: 'prod/payments/-/payments-0/2025/06/01/c1.jfr',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    metadata: { alertname: 'JvmGcPauseLong', pod: 'payments-0' },
    open: () => inParts(bytes),
    staged: () => Promise.resolve(undefined),
    signal: new AbortController().signal,
    ...changes,
  };
}

/** How a delivery failed; anything but an AttemptFailed breaks the contract of destinations. */
export async function failureOf(delivered: Promise<string>): Promise<AttemptFailed> {
  const outcome = await delivered.catch((error: unknown) => error);
  if (outcome instanceof AttemptFailed) return outcome;
  throw new Error(`not an AttemptFailed: ${String(outcome)}`, { cause: outcome });
}

/** The same bytes every time, that compress and repeat badly. */
export function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

// Asynchronous as a reader of files and streams is.
// eslint-disable-next-line @typescript-eslint/require-await
async function* inParts(bytes: Buffer): AsyncGenerator<Uint8Array> {
  const partBytes = 50_000;
  for (let start = 0; start < bytes.length; start += partBytes)
    yield bytes.subarray(start, start + partBytes);
}
