import {
  HeadBucketCommand,
  ListObjectsV2Command,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { createClient, type S3Place } from '../../collection/destinations/s3.ts';
import { failed, ok, type ProbeOutcome, type NamedProbe } from './probe.ts';
import { unreachable } from './unreachable.ts';

/** The bucket: there, in this region, and open to these credentials. Nothing is written. */
export function probeS3(place: S3Place): NamedProbe {
  const run = async (signal: AbortSignal): Promise<ProbeOutcome> => {
    const client = createClient(place);
    try {
      const credentials = await findCredentials(client, signal);
      if (credentials) return credentials;
      await client.send(new HeadBucketCommand({ Bucket: place.bucket }), { abortSignal: signal });
      return ok('it is there, and these credentials may look at it; whether they may write was not tried');
    } catch (error) {
      return await outcomeOf(error, { client, place, signal });
    } finally {
      client.destroy();
    }
  };
  return { name: `bucket ${place.bucket}`, run };
}

/** Asked first: the SDK may look for them on the network for longer than there is time, and would not say so. */
async function findCredentials(client: S3Client, signal: AbortSignal): Promise<ProbeOutcome | undefined> {
  const late = Promise.withResolvers<ProbeOutcome>();
  signal.addEventListener('abort', () => late.resolve(noCredentials('none were found in time')));
  const found = client.config.credentials().then(
    () => undefined,
    (error: unknown) => noCredentials(error instanceof Error ? error.message : String(error)),
  );
  return Promise.race([found, late.promise]);
}

function noCredentials(why: string): ProbeOutcome {
  const action =
    'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, or web identity: whatever the AWS SDK finds';
  return failed(`no credentials: ${why}`, action);
}

interface Asked {
  client: S3Client;
  place: S3Place;
  signal: AbortSignal;
}

async function outcomeOf(error: unknown, asked: Asked): Promise<ProbeOutcome> {
  const { place, signal } = asked;
  const noConnection = unreachable(error);
  if (noConnection) return noConnection;
  if (!(error instanceof S3ServiceException)) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    if (/region is missing/i.test(message))
      return failed('no region', 'set destination.region, or AWS_REGION in the environment');
    return failed(message, 'check destination.endpoint and destination.region');
  }
  const status = error.$metadata.httpStatusCode ?? 0;
  const region = error.$response?.headers['x-amz-bucket-region'];
  if (region !== undefined && region !== place.region && [301, 307, 400].includes(status))
    return failed(`wrong region: the bucket is in ${region}`, `set destination.region: ${region}`);
  if (status === 301) return failed('wrong region', 'set destination.region to that of the bucket');
  if (status === 404)
    return failed('there is no such bucket', 'create it, or correct destination.bucket or endpoint');
  if (status === 403 || status === 400) return refusedBy(await wordsOf(asked), status);
  return failed(`the server answered ${String(status)}`, 'check destination.endpoint: is it S3?');
}

/** An answer to HEAD has no body: another request is needed to be told why. */
async function wordsOf({ client, place: { bucket }, signal }: Asked): Promise<string> {
  try {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal: signal });
    return '';
  } catch (error) {
    return error instanceof Error ? error.name : '';
  }
}

function refusedBy(name: string, status: number): ProbeOutcome {
  const said = `denied: ${name || 'the server answered'} (${String(status)})`;
  if (name === 'InvalidAccessKeyId')
    return failed(said, 'the access key is not known there: correct AWS_ACCESS_KEY_ID');
  if (name === 'SignatureDoesNotMatch')
    return failed(said, 'the secret key is another one: correct AWS_SECRET_ACCESS_KEY');
  if (/Expired|InvalidToken/.test(name)) return failed(said, 'the credentials have expired: renew them');
  if (name === 'RequestTimeTooSkewed') return failed(said, 'set the clock of this machine');
  if (name === 'AuthorizationHeaderMalformed')
    return failed(`wrong region? ${said}`, 'set destination.region to that of the bucket');
  return failed(said, 'allow these credentials s3:PutObject, s3:GetObject and s3:ListBucket on the bucket');
}
