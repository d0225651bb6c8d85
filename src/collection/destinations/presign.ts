import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createClient, type S3Place } from './s3.ts';

export interface PresignRequest {
  place: S3Place;
  key: string;
  /** A signature holds for one method. */
  method: 'GET' | 'HEAD';
  /** How S3 is to name the file. Printable ASCII. */
  disposition: string;
  /** How long the URL is good for; less where the credentials end earlier. */
  seconds: number;
}

/** Makes URLs with which anybody may read one object for a while. Nothing is sent: S3 is asked by whoever uses it. */
export function createPresigner(): (request: PresignRequest) => Promise<string> {
  const clients = new Map<string, S3Client>();
  return async ({ place, key, method, disposition, seconds }) => {
    const name = JSON.stringify(place);
    const client = clients.get(name) ?? createClient(place);
    clients.set(name, client);
    const object = { Bucket: place.bucket, Key: key, ResponseContentDisposition: disposition };
    const command = method === 'GET' ? new GetObjectCommand(object) : new HeadObjectCommand(object);
    return getSignedUrl(client, command, { expiresIn: seconds });
  };
}
