import type { Connection } from '../../log/connection.ts';
import { ObjectExists, ObjectMissing } from '../../log/errors.ts';
import type { ObjectInfo } from '../../log/objects/format.ts';
import { getInfo, nameObject, putObject } from '../../log/objects/store.ts';
import { AttemptFailed, PermanentlyFailed } from '../../kernel/react/failures.ts';
import { checkedBytes } from './checked.ts';
import type { OutgoingFile, DestinationPort } from './destination.ts';

/** Less than this is sent sooner than it is asked whether it lies there. */
const muchBytes = 8 * 1024 * 1024;

/**
 * Keeps recordings in a bucket of JetStream's object store: `nats object get BUCKET KEY` reads them. What was staged for it
 * has its chunks there already and only gets its name; anything else is copied.
 */
export function objectStoreDestination(connection: Connection, bucket: string): DestinationPort {
  return async (delivery) => {
    const { key, sha256 } = delivery;
    const url = `object-store://${bucket}/${key}`;
    try {
      const staged = await delivery.staged();
      if (staged?.bucket === bucket) await nameStaged(connection, staged, delivery);
      else await copy(connection, bucket, delivery);
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

async function copy(connection: Connection, bucket: string, delivery: OutgoingFile): Promise<void> {
  const { key, bytes, sha256, metadata } = delivery;
  const object = { name: key, metadata, sha256, askFirst: bytes > muchBytes };
  await putObject(connection, bucket, object, checkedBytes(delivery));
}

/** Its bytes were hashed as they were stored; the server checks those that it keeps. */
async function nameStaged(
  connection: Connection,
  staged: ObjectInfo,
  { key, bytes, sha256, metadata }: OutgoingFile,
): Promise<void> {
  if (staged.sha256 !== sha256 || staged.bytes !== bytes)
    throw new PermanentlyFailed('staged-corrupt', `what was staged is not what was recorded: ${staged.sha256}`); // prettier-ignore
  await nameObject(connection, staged, { name: key, metadata }).catch((error: unknown) => {
    throw error instanceof ObjectMissing ? new PermanentlyFailed('staged-missing', error.message) : error;
  });
}

function failureOf(error: unknown, bucket: string): AttemptFailed {
  if (error instanceof AttemptFailed) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AttemptFailed('destination-unavailable', `object store ${bucket}: ${reason}`, { cause: error });
}
