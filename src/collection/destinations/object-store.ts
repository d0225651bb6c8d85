import type { Connection } from '../../log/connection.ts';
import { ObjectExists } from '../../log/errors.ts';
import { getInfo, putObject } from '../../log/object-store.ts';
import { AttemptFailed, PermanentlyFailed } from '../failures.ts';
import type { DestinationPort } from './destination.ts';

/** Keeps recordings in a bucket of JetStream's object store: `nats object get BUCKET KEY` reads them. */
export function objectStoreDestination(connection: Connection, bucket: string): DestinationPort {
  return async ({ key, sha256, metadata, open }) => {
    const url = `object-store://${bucket}/${key}`;
    try {
      const stored = await putObject(connection, bucket, { name: key, metadata }, open());
      if (stored.sha256 === sha256) return url;
      throw new PermanentlyFailed(
        'staged-corrupt',
        `what was staged is not what was recorded: ${stored.sha256}`,
      );
    } catch (error) {
      if (error instanceof AttemptFailed) throw error;
      if (!(error instanceof ObjectExists)) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new AttemptFailed('destination-unavailable', `object store ${bucket}: ${reason}`, {
          cause: error,
        });
      }
      const stored = await getInfo(connection, bucket, key);
      if (stored?.sha256 === sha256) return url;
      throw new PermanentlyFailed('destination-conflict', `something else lies at ${url} already`);
    }
  };
}
