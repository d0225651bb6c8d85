import type { Connection } from '../../log/connection.ts';
import { ObjectExists } from '../../log/errors.ts';
import { getInfo, putObject } from '../../log/object-store.ts';
import { AttemptFailed, PermanentlyFailed } from '../failures.ts';
import { checkedBytes } from './checked.ts';
import type { DestinationPort } from './destination.ts';

/** Less than this is sent sooner than it is asked whether it lies there. */
const muchBytes = 8 * 1024 * 1024;

/** Keeps recordings in a bucket of JetStream's object store: `nats object get BUCKET KEY` reads them. */
export function objectStoreDestination(connection: Connection, bucket: string): DestinationPort {
  return async (delivery) => {
    const { key, bytes, sha256, metadata } = delivery;
    const url = `object-store://${bucket}/${key}`;
    try {
      const object = { name: key, metadata, sha256, askFirst: bytes > muchBytes };
      await putObject(connection, bucket, object, checkedBytes(delivery));
      return url;
    } catch (error) {
      if (!(error instanceof ObjectExists)) throw failureOf(error, bucket);
    }
    // There already. By us, before a crash, if the content is the same.
    const stored = await getInfo(connection, bucket, key).catch((error: unknown) => {
      throw failureOf(error, bucket);
    });
    if (stored?.sha256 === sha256) return url;
    throw new PermanentlyFailed('destination-conflict', `something else lies at ${url} already`);
  };
}

function failureOf(error: unknown, bucket: string): AttemptFailed {
  if (error instanceof AttemptFailed) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AttemptFailed('destination-unavailable', `object store ${bucket}: ${reason}`, { cause: error });
}
