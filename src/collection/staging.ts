import { Value } from '@sinclair/typebox/value';
import { setTimeout as delay } from 'node:timers/promises';
import { Recording } from '../events/collection-events.ts';
import type { Connection } from '../log/connection.ts';
import { LogUnavailable, ObjectExists } from '../log/errors.ts';
import { deleteObject, listObjects, putObject, readObject } from '../log/object-store.ts';
import { sweepBucket } from '../log/sweep.ts';
import { AttemptFailed } from './failures.ts';
import { fileParts } from './file-parts.ts';
import type { CheckedRecording } from './recording.ts';

/** A recording that waits in the staging bucket, and the attempt that made it. */
export interface Staged {
  attempt: number;
  recording: Recording;
}

export interface AttemptRef {
  collectionId: string;
  run: number;
  attempt: number;
}

interface PutOptions {
  simulated: boolean;
  /** Ends the waiting for NATS (shutdown): throws LogUnavailable then. */
  signal: AbortSignal;
}

/** Where recordings wait between collect and upload, for whichever process comes next. */
export interface Staging {
  /** Throws AttemptFailed: staging-failed (NATS did not take it for minutes), recording-unfinished (the file changes). */
  put: (ref: AttemptRef, file: string, checked: CheckedRecording, options: PutOptions) => Promise<Recording>;
  /** What an attempt of this run staged before its process died. */
  find: (collectionId: string, run: number) => Promise<Staged | undefined>;
  read: (stagedName: string) => AsyncIterable<Uint8Array>;
  remove: (stagedName: string) => Promise<void>;
  /** Removes what is older than a day and waits for nothing any more. */
  sweep: (isWaiting: (collectionId: string) => boolean) => Promise<{ objects: number; abandoned: number }>;
}

/** A recording at hand is worth waiting for: NATS may be away for so long. */
const putPatienceMs = 600_000;
const retryAfterMs = 1_000;
const dayMs = 86_400_000;

export function createStaging(connection: Connection, bucket: string): Staging {
  return {
    put: async (ref, file, checked, { simulated, signal }) => {
      const { collectionId, run, attempt } = ref;
      const stagedName = `${collectionId}/${String(run)}-${String(attempt)}/${checked.sha256}`;
      const recording: Recording = { stagedName, ...checked, ...(simulated ? { simulated } : {}) };
      // JfrCollected is written from this if the process dies before it could.
      const object = { name: stagedName, metadata: { recording: JSON.stringify(recording) } };
      const deadline = performance.now() + putPatienceMs;
      for (;;) {
        try {
          const { sha256 } = await putObject(connection, bucket, object, fileParts(file));
          if (sha256 === checked.sha256) return recording;
          await deleteObject(connection, bucket, stagedName);
          throw new AttemptFailed(
            'recording-unfinished',
            'the recording changed after its collector had ended',
          );
        } catch (error) {
          // The name holds the sha256: what lies there is this recording.
          if (error instanceof ObjectExists) return recording;
          if (!(error instanceof LogUnavailable) || signal.aborted) throw error;
          if (performance.now() > deadline)
            throw new AttemptFailed('staging-failed', error.message, { cause: error });
          await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
        }
      }
    },
    find: async (collectionId, run) => {
      const prefix = `${collectionId}/${String(run)}-`;
      const objects = await listObjects(connection, bucket);
      const object = objects.find(({ name }) => name.startsWith(prefix));
      if (!object) return undefined;
      const recording: unknown = JSON.parse(object.metadata['recording'] ?? 'null');
      if (!Value.Check(Recording, recording)) return undefined;
      return { attempt: Number.parseInt(object.name.slice(prefix.length), 10), recording };
    },
    read: (stagedName) => readObject(connection, bucket, stagedName),
    remove: (stagedName) => deleteObject(connection, bucket, stagedName),
    sweep: (isWaiting) =>
      sweepBucket(connection, bucket, {
        olderThanMs: dayMs,
        isWanted: (name) => isWaiting(name.split('/')[0] ?? ''),
      }),
  };
}
