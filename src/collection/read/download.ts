import type { Recording } from '../../events/data/collection.ts';
import type { Connection } from '../../log/connection.ts';
import { getInfo, readObject } from '../../log/objects/store.ts';
import { wholeBytes } from '../destinations/checked.ts';
import type { S3Place } from '../destinations/s3.ts';
import { readStory, type Story } from './story.ts';
import type { Summaries } from '../pod/summaries.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** Where the recording of a collection can be had now. */
export type Located =
  | { at: 'destination' | 'staging'; recording: Recording; open: () => AsyncIterable<Uint8Array> }
  | { at: 's3'; recording: Recording; place: S3Place; key: string }
  /** Not there yet, or never; and why. */
  | { at: 'none'; why: string }
  /** It was there. */
  | { at: 'gone'; why: string };

export interface DownloadDeps {
  connection: Connection;
  stream: string;
  stagingBucket: string;
  recordingsBucket: string;
  summaries: Summaries;
}

/**
 * Finds a collection's recording: at its destination, else in the staging bucket, where it waits while S3 is down or after
 * its upload failed. Throws LogUnavailable.
 */
export async function locateRecording(deps: DownloadDeps, summary: CollectionSummary): Promise<Located> {
  const { connection, stream, stagingBucket, summaries } = deps;
  const story = await readStory(connection, stream, summary);
  const { recording, url } = story;
  if (!recording) return { at: 'none', why: whyNone(summary, story) };
  if (url !== undefined) return atDestination(deps, story, recording, url);
  const { stagedName } = recording;
  if (await getInfo(connection, stagingBucket, stagedName)) {
    return { at: 'staging', recording, open: () => whole(deps, stagingBucket, stagedName, recording) };
  }
  const now = summaries.get(summary.id);
  // It was brought to its destination while this looked.
  if (now && now.lastSequence > summary.lastSequence) return locateRecording(deps, now);
  return {
    at: 'gone',
    why: `the recording is no longer in ${stagingBucket}, and was not brought to its destination`,
  };
}

async function atDestination(
  deps: DownloadDeps,
  { plan }: Story,
  recording: Recording,
  url: string,
): Promise<Located> {
  const { connection, recordingsBucket } = deps;
  const key = url.replace(/^[a-z0-9-]+:\/\/[^/]+\//, '');
  if (plan?.destination.type === 's3') return { at: 's3', recording, place: plan.destination, key };
  if (await getInfo(connection, recordingsBucket, key)) {
    return { at: 'destination', recording, open: () => whole(deps, recordingsBucket, key, recording) };
  }
  return { at: 'gone', why: `it was stored at ${url} and is no longer there` };
}

function whole({ connection }: DownloadDeps, bucket: string, name: string, { sha256 }: Recording) {
  return wholeBytes(readObject(connection, bucket, name), sha256);
}

function whyNone({ state }: CollectionSummary, { attempts, events }: Story): string {
  if (state === 'requested') return 'the recording was requested and is not being made yet';
  const last = attempts.at(-1);
  if (state === 'collecting') {
    const retry = last?.retryAt === undefined ? '' : `; the next attempt is at ${last.retryAt}`;
    return `the recording is being made: attempt ${String(last?.attempt ?? 0)}${retry}`;
  }
  const end = events.findLast(({ type }) => type === 'CollectionFailed')?.data;
  const error = end && typeof end === 'object' && 'error' in end ? JSON.stringify(end.error) : 'unknown';
  return `there is no recording: the collection is ${state}: ${error}`;
}
