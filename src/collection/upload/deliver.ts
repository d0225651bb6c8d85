import type { Artefact, UploadedArtefact } from '../../events/data/circumstances.ts';
import type { Recording } from '../../events/data/collection.ts';
import type { Destination } from '../../events/data/plan.ts';
import { ObjectMissing } from '../../log/errors.ts';
import type { DestinationPort } from '../destinations/destination.ts';
import { PermanentlyFailed } from '../../kernel/react/failures.ts';
import { artefactKeyOf, keyOf, metadataOf } from './keys.ts';
import type { Uploading } from '../pod/context.ts';
import type { Arrived, Run } from '../run-events.ts';
import { isStagedBy, type Staging } from '../staging/staging.ts';

export interface DeliverDeps {
  staging: Staging;
  destinationFor: (destination: Destination) => DestinationPort;
  /** Aborted when running work is to be handed back (shutdown). */
  handBack: AbortSignal;
}

interface Job {
  deps: DeliverDeps;
  work: Run;
  upload: Uploading;
  signal: AbortSignal;
}

/**
 * Brings the staged recording to its destination, and then what lies beside it. An artefact that can't ever arrive is noted,
 * and fails nothing; one that can't now fails the attempt. Throws AttemptFailed, PermanentlyFailed.
 */
export async function deliver(
  deps: DeliverDeps,
  work: Run & { state: Uploading },
  wanted: AbortSignal,
): Promise<Arrived> {
  const upload = work.state;
  const job = { deps, work, upload, signal: AbortSignal.any([deps.handBack, wanted]) };
  const url = await bring(job, upload.recording, keyOf(work, upload.requestedAt));
  const artefacts: UploadedArtefact[] = [];
  const notes: string[] = [];
  for (const [index, artefact] of (upload.artefacts ?? []).entries()) {
    const { stagedName: _staged, ...about } = artefact;
    const key = artefactKeyOf(work, upload.requestedAt, artefact, index + 1);
    try {
      artefacts.push({ ...about, url: await bring(job, artefact, key) });
    } catch (error) {
      if (!(error instanceof PermanentlyFailed)) throw error;
      notes.push(`${artefact.name}: ${error.message.slice(0, 500)}`);
    }
  }
  return { url, ...(artefacts.length > 0 ? { artefacts } : {}), ...(notes.length > 0 ? { notes } : {}) };
}

/** What waits in the staging bucket for an upload. */
export function stagedNamesOf(upload: { recording: Recording; artefacts?: readonly Artefact[] }): string[] {
  return [upload.recording, ...(upload.artefacts ?? [])].map(({ stagedName }) => stagedName);
}

/** Brings one file out. A fault of the staging bucket is told from one of the destination. */
async function bring(
  { deps, work, upload, signal }: Job,
  file: Pick<Recording, 'stagedName' | 'bytes' | 'sha256'>,
  key: string,
): Promise<string> {
  const { stagedName, bytes, sha256 } = file;
  let readFailure: unknown;
  const failed = (error: unknown) => {
    readFailure = error instanceof ObjectMissing ? new PermanentlyFailed('staged-missing', error.message) : error; // prettier-ignore
    return readFailure;
  };
  const open = async function* () {
    try {
      yield* deps.staging.read(stagedName);
    } catch (error) {
      throw failed(error);
    }
  };
  const staged = async () => {
    // A redriven upload is a copy: the run that failed may have given it a name all the same, and whoever deletes that deletes
    // the bytes with it.
    if (!isStagedBy(work, file)) return undefined;
    return deps.staging.info(stagedName).catch((error: unknown) => {
      throw failed(error);
    });
  };
  const metadata = { ...metadataOf(work, upload), sha256 };
  const { destination } = upload.plan;
  try {
    return await deps.destinationFor(destination)({ key, bytes, sha256, metadata, open, staged, signal });
  } catch (error) {
    throw readFailure ?? error;
  }
}
