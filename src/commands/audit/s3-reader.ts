import {
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { S3Place } from '../../collection/destinations/s3.ts';
import type { FoundObject } from './look.ts';

const ignore = () => undefined;
/** Without a logger the SDK tells the console of every failure. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Reads what lies in S3. Credentials are found as the AWS SDK does. */
export function createS3Reader() {
  const clients = new Map<string, S3Client>();

  const clientFor = (place: S3Place): S3Client => {
    const { endpoint, region, forcePathStyle } = place;
    const name = JSON.stringify([endpoint, region, forcePathStyle]);
    const client = clients.get(name) ?? createClient(place);
    clients.set(name, client);
    return client;
  };

  return {
    /** Undefined where nothing lies under the key. */
    find: async (place: S3Place, key: string): Promise<FoundObject | undefined> => {
      const client = clientFor(place);
      const object = { Bucket: place.bucket, Key: key };
      try {
        const head = await client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
        const sha256 = sha256Of(head.ChecksumSHA256);
        const read = () => bytesOf(client, object);
        return { bytes: head.ContentLength ?? 0, read, ...(sha256 === undefined ? {} : { sha256 }) };
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw error;
      }
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
    },
  };
}

function createClient({ endpoint, region, forcePathStyle }: S3Place): S3Client {
  // The bytes are hashed here: the SDK would only fail where they differ.
  const config: S3ClientConfig = { logger: silent, responseChecksumValidation: 'WHEN_REQUIRED' };
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (region !== undefined) config.region = region;
  if (forcePathStyle !== undefined) config.forcePathStyle = forcePathStyle;
  return new S3Client(config);
}

async function* bytesOf(client: S3Client, object: { Bucket: string; Key: string }) {
  const { Body } = await client.send(new GetObjectCommand(object));
  if (Body) yield* Body as AsyncIterable<Uint8Array>;
}

// That of a multipart upload (`…-3`) is of its parts' hashes and says nothing of the whole.
function sha256Of(base64: string | undefined): string | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  return base64?.includes('-') || bytes.length !== 32 ? undefined : bytes.toString('hex');
}
