import {
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import type { Destination } from '../../events/data/plan.ts';
import { percentEncoder } from '../../events/subjects.ts';
import { AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import { checkedBytes, interrupted } from './checked.ts';
import type { OutgoingFile, DestinationPort } from './destination.ts';

export type S3Place = Extract<Destination, { type: 's3' }>;

/** Header values are printable ASCII; a % stands for itself nowhere. */
const encodeHeader = percentEncoder(/[ -$&-~]/);
const connectTimeoutMs = 5_000;
/** Without a byte moving for so long an upload is given up. */
const idleTimeoutMs = 60_000;
const ignore = () => undefined;
/** Without a logger the SDK tells the console of every failure, in lines that are not of our log. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Keeps recordings in S3: one streamed PutObject with its length, the sha256 for the server to check, and
 * If-None-Match so that nothing is overwritten (up to 5 GiB). Credentials are found as the AWS SDK does.
 */
export function s3Destination(place: S3Place): DestinationPort {
  const client = createClient(place);
  const prefix = place.prefix?.replace(/\/+$/, '');
  return async (delivery) => {
    const key = prefix ? `${prefix}/${delivery.key}` : delivery.key;
    const url = `s3://${place.bucket}/${key}`;
    try {
      if (await put(client, place, key, delivery)) return url;
      // There already. By us, before a crash, if the content is the same.
      const stored = await storedSha256(client, place.bucket, key, delivery.signal);
      if (stored === delivery.sha256) return url;
    } catch (error) {
      throw delivery.signal.aborted ? interrupted() : failureOf(error, url);
    }
    throw new PermanentlyFailed('destination-conflict', `something else lies at ${url} already`);
  };
}

/** A client that makes one attempt; the caller's own retries are recorded. */
export function createClient({ endpoint, region, forcePathStyle }: S3Place): S3Client {
  const config: S3ClientConfig = {
    // Attempts are counted, recorded and delayed by events; a stream could not be sent a second time anyway.
    maxAttempts: 1,
    logger: silent,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
  };
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (region !== undefined) config.region = region;
  if (forcePathStyle !== undefined) config.forcePathStyle = forcePathStyle;
  const client = new S3Client(config);
  // The body is signed with its known sha256, so the server checks it on plain HTTP too.
  client.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args as { request?: { method: string; headers: Record<string, string> } };
      const checksum = request?.headers['x-amz-checksum-sha256'];
      if (request?.method === 'PUT' && checksum) {
        request.headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'signKnownSha256', priority: 'low' },
  );
  return client;
}

/** False where something lies under the key already. */
async function put(client: S3Client, place: S3Place, key: string, delivery: OutgoingFile): Promise<boolean> {
  const body = Readable.from(checkedBytes(delivery), { objectMode: false });
  const command = new PutObjectCommand({
    Bucket: place.bucket,
    Key: key,
    ServerSideEncryption: place.serverSideEncryption,
    SSEKMSKeyId: place.kmsKeyId,
    Body: body,
    ContentLength: delivery.bytes,
    ContentType: 'application/octet-stream',
    ChecksumSHA256: Buffer.from(delivery.sha256, 'hex').toString('base64'),
    IfNoneMatch: '*',
    Metadata: Object.fromEntries(
      Object.entries(delivery.metadata).map(([name, value]) => [name, encodeHeader(value)]),
    ),
  });
  // The reader of the staged recording may fail where the SDK does not look any more.
  const broken = new Promise<never>((_, reject) => body.once('error', reject));
  broken.catch(() => undefined);
  const over = new AbortController();
  const abortSignal = AbortSignal.any([delivery.signal, over.signal]);
  try {
    await Promise.race([client.send(command, { abortSignal }), broken]);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  } finally {
    // A request that is not sent to its end would keep its connection until it has been idle for too long.
    over.abort();
    body.destroy();
  }
}

async function storedSha256(client: S3Client, bucket: string, key: string, abortSignal: AbortSignal) {
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
  const { ChecksumSHA256 } = await client.send(command, { abortSignal });
  return ChecksumSHA256 === undefined ? undefined : Buffer.from(ChecksumSHA256, 'base64').toString('hex');
}

function isTaken(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;
}

// Wrong credentials or a missing bucket can be mended while the recording waits: only the deadline ends that.
function failureOf(error: unknown, url: string): AttemptFailed {
  if (error instanceof AttemptFailed) return error;
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? 0;
    const code = status >= 400 && status < 500 ? 'destination-refused' : 'destination-unavailable';
    return new AttemptFailed(code, `${url}: ${error.name} (${String(status)}): ${error.message}`, {
      cause: error,
    });
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new AttemptFailed('destination-unavailable', `${url}: ${reason}`, { cause: error });
}
