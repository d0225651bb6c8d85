import { Value } from '@sinclair/typebox/value';
import { setTimeout as delay } from 'node:timers/promises';
import { type Artefact, Circumstances } from '../../events/data/circumstances.ts';
import { Recording } from '../../events/data/collection.ts';
import type { Destination } from '../../events/data/plan.ts';
import type { Connection } from '../../log/connection.ts';
import { LogUnavailable, ObjectExists } from '../../log/errors.ts';
import type { ObjectInfo } from '../../log/objects/format.ts';
import { deleteObject, getInfo, listObjects, putLabelled, readObject } from '../../log/objects/store.ts';
import { sweepChunks, sweepObjects } from '../../log/objects/sweep.ts';
import type { CollectedArtefact } from '../collectors/collector.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { AttemptFailed } from '../../kernel/react/failures.ts';
import type { OpenRecording } from '../collect/check-recording.ts';
import { stageArtefact } from './stage-artefact.ts';

/** A recording that waits in the staging bucket, and the attempt that made it. */
export interface Staged {
  attempt: number;
  recording: Recording;
  circumstances: Circumstances;
}

export interface AttemptRef {
  collectionId: string;
  run: number;
  attempt: number;
}

interface PutOptions {
  simulated: boolean;
  /** Said in JfrCollected with the recording. */
  circumstances?: Circumstances;
  /** Where the plan sends the recording. */
  destination: Destination;
  /** Ends the waiting for NATS (shutdown): throws LogUnavailable then. */
  signal: AbortSignal;
}

export interface Buckets {
  /** Bucket of the records of what waits, and of its bytes where they go to S3. */
  staging: string;
  /** The destination in the object store: what goes there has its bytes there from the beginning. */
  recordings: string;
}

/** Where recordings wait between collect and upload, for whichever process comes next. */
export interface Staging {
  /** Throws AttemptFailed: staging-failed (NATS did not take it for minutes), recording-unfinished (the file changes). */
  put: (ref: AttemptRef, recording: OpenRecording, options: PutOptions) => Promise<Recording>;
  /** Stages what lies beside a recording, before that. Numbers count from 1. Throws LogUnavailable. */
  putArtefact: (ref: AttemptRef, artefact: CollectedArtefact, number: number) => Promise<Artefact>;
  /** What an attempt of this run staged before its process died. */
  find: (collectionId: string, run: number) => Promise<Staged | undefined>;
  /** Undefined where it is gone. */
  info: (stagedName: string) => Promise<ObjectInfo | undefined>;
  read: (stagedName: string) => AsyncIterable<Uint8Array>;
  remove: (stagedName: string) => Promise<void>;
  /** Removes what is older than a day and waits for nothing any more, and chunks of both buckets that nothing names. */
  sweep: (isWaiting: (collectionId: string) => boolean) => Promise<{ objects: number; abandoned: number }>;
}

/** True where an attempt of that run staged it, and not of an earlier one. */
export function isStagedBy(
  { collectionId, run }: Omit<AttemptRef, 'attempt'>,
  { stagedName }: Pick<Recording, 'stagedName'>,
): boolean {
  return stagedName.startsWith(prefixOf(collectionId, run));
}

/** A recording at hand is worth waiting for: NATS may be away for so long. */
const putPatienceMs = 600_000;
const retryAfterMs = 1_000;
const dayMs = 86_400_000;
/** A process mostly uploads what it has just staged: it knows so many records without looking. */
const maxKnown = 1_000;

export function createStaging(connection: Connection, buckets: Buckets): Staging {
  const bucket = buckets.staging;
  // A record is never changed, only deleted: one that is known and gone names chunks that are not there either, or are named.
  const known = new Map<string, ObjectInfo>();
  const remember = (object: ObjectInfo) => {
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= maxKnown) known.delete(oldest);
    known.set(object.name, object);
  };
  return {
    put: (ref, file, options) => stage(connection, buckets, { ref, file, options, onStaged: remember }),
    putArtefact: ({ collectionId, run, attempt }, artefact, number) =>
      stageArtefact(
        connection,
        bucket,
        `${prefixOf(collectionId, run)}${String(attempt)}/artefact-${String(number)}`,
        artefact,
      ),
    find: async (collectionId, run) => {
      const prefix = prefixOf(collectionId, run);
      const objects = await listObjects(connection, bucket);
      // Artefacts have no such label.
      const object = objects.find(({ name, metadata }) => name.startsWith(prefix) && metadata['recording']);
      if (!object) return undefined;
      const recording: unknown = JSON.parse(object.metadata['recording'] ?? 'null');
      const circumstances: unknown = JSON.parse(object.metadata['circumstances'] ?? '{}');
      if (!Value.Check(Recording, recording) || !Value.Check(Circumstances, circumstances)) return undefined;
      return { attempt: Number.parseInt(object.name.slice(prefix.length), 10), recording, circumstances };
    },
    info: async (stagedName) => known.get(stagedName) ?? getInfo(connection, bucket, stagedName),
    read: (stagedName) => readObject(connection, bucket, stagedName),
    remove: async (stagedName) => {
      await deleteObject(connection, bucket, stagedName, known.get(stagedName));
      known.delete(stagedName);
    },
    sweep: async (isWaiting) => {
      const before = Date.now() - dayMs;
      const isWanted = (name: string) => isWaiting(name.split('/')[0] ?? '');
      const objects = await sweepObjects(connection, bucket, { before, isWanted });
      const namedIn = [bucket, buckets.recordings];
      let abandoned = 0;
      for (const each of namedIn) abandoned += await sweepChunks(connection, each, { before, namedIn });
      return { objects, abandoned };
    },
  };
}

interface Work {
  ref: AttemptRef;
  file: OpenRecording;
  options: PutOptions;
  onStaged: (object: ObjectInfo) => void;
}

/** The file is read once, so that what is hashed, stored and named is the same. */
async function stage(connection: Connection, buckets: Buckets, work: Work): Promise<Recording> {
  const { file, options: { destination, signal } } = work; // prettier-ignore
  const bucket = buckets.staging;
  const chunksIn = destination.type === 'object-store' ? buckets.recordings : bucket;
  let recording: Recording | undefined;
  const labelFor = async ({ sha256 }: { sha256: string }) => {
    await file.assertUnchanged();
    recording = recordingOf(work, sha256);
    // JfrCollected is written from this if the process dies before it could.
    const circumstances = JSON.stringify(work.options.circumstances ?? {});
    const metadata = {
      recording: JSON.stringify(recording),
      ...(circumstances === '{}' ? {} : { circumstances }),
    };
    return { name: recording.stagedName, metadata };
  };
  const deadline = performance.now() + putPatienceMs;
  for (;;) {
    const error = await putLabelled(connection, { bucket, chunksIn }, file.parts(), labelFor).then(
      work.onStaged,
      (failure: unknown) => failure,
    );
    // The name holds the sha256: what lies there already is this recording.
    if (recording && (error === undefined || error instanceof ObjectExists)) return recording;
    if (!(error instanceof LogUnavailable) || signal.aborted) throw error;
    if (performance.now() > deadline)
      throw new AttemptFailed('staging-failed', error.message, { cause: error });
    await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
  }
}

function recordingOf({ ref, file, options: { simulated } }: Work, sha256: string): Recording {
  const { collectionId, run, attempt } = ref;
  const stagedName = `${prefixOf(collectionId, run)}${String(attempt)}/${sha256}`;
  return { stagedName, ...file.checked, sha256, ...(simulated ? { simulated } : {}) };
}

function prefixOf(collectionId: string, run: number): string {
  return `${collectionId}/${String(run)}-`;
}

const hourMs = 3_600_000;

/** Sweeps every hour what nobody waits for, until the signal ends it. */
export function sweepHourly(
  staging: Staging,
  about: { isWaiting: (collectionId: string) => boolean; logger: Logger; signal: AbortSignal },
): void {
  const { isWaiting, logger, signal } = about;
  const timer = setInterval(() => {
    staging.sweep(isWaiting).then(
      (swept) => logger.debug(swept, 'swept the staging bucket'),
      (err: unknown) => logger.warn({ err }, 'could not sweep the staging bucket'),
    );
  }, hourMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer));
}
