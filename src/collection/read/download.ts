import type { Recording } from '../../events/data/collection.ts';
import type { Connection } from '../../log/connection.ts';
import { getInfo, readObject } from '../../log/objects/store.ts';
import { wholeBytes } from '../destinations/checked.ts';
import type { S3Place } from '../destinations/s3.ts';
import { readStory, type Story } from './story.ts';
import type { Summaries } from '../pod/summaries.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** What is known of a file of a collection. */
export type KnownFile = Pick<Recording, 'bytes' | 'sha256' | 'simulated'>;

/** Where a file of a collection can be had now. */
export type Located =
  | { at: 'destination' | 'staging'; file: KnownFile; open: () => AsyncIterable<Uint8Array> }
  | { at: 's3'; file: KnownFile; place: S3Place; key: string }
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
  const { connection, stream } = deps;
  const story = await readStory(connection, stream, summary);
  const { recording, url } = story;
  if (!recording) return { at: 'none', why: whyNone(summary, story) };
  if (url !== undefined) return atDestination(deps, story, recording, url);
  return (await inStaging(deps, recording)) ?? again(deps, summary, (now) => locateRecording(deps, now));
}

/** The same of what lies beside it, by its name. */
export async function locateArtefact(
  deps: DownloadDeps,
  summary: CollectionSummary,
  name: string,
): Promise<Located> {
  const story = await readStory(deps.connection, deps.stream, summary);
  const uploaded = story.artefacts?.find((each) => each.name === name);
  if (uploaded) return atDestination(deps, story, uploaded, uploaded.url);
  const staged = story.stagedArtefacts?.find((each) => each.name === name);
  if (!staged) return { at: 'none', why: 'the collection has no artefact of this name (yet)' };
  return (await inStaging(deps, staged)) ?? again(deps, summary, (now) => locateArtefact(deps, now, name));
}

async function inStaging(
  deps: DownloadDeps,
  file: KnownFile & { stagedName: string },
): Promise<Located | undefined> {
  const { connection, stagingBucket } = deps;
  const { stagedName } = file;
  if (!(await getInfo(connection, stagingBucket, stagedName))) return undefined;
  return { at: 'staging', file, open: () => whole(deps, stagingBucket, stagedName, file) };
}

/** It may have been brought to its destination while somebody looked where it waits. */
async function again(
  { stagingBucket, summaries }: DownloadDeps,
  { id, lastSequence }: CollectionSummary,
  locate: (now: CollectionSummary) => Promise<Located>,
): Promise<Located> {
  const now = summaries.get(id);
  if (now && now.lastSequence > lastSequence) return locate(now);
  return { at: 'gone', why: `it is no longer in ${stagingBucket}, and was not brought to its destination` };
}

async function atDestination(
  deps: DownloadDeps,
  { plan }: Story,
  file: KnownFile,
  url: string,
): Promise<Located> {
  const { connection, recordingsBucket } = deps;
  const key = url.replace(/^[a-z0-9-]+:\/\/[^/]+\//, '');
  if (plan?.destination.type === 's3') return { at: 's3', file, place: plan.destination, key };
  if (await getInfo(connection, recordingsBucket, key)) {
    return { at: 'destination', file, open: () => whole(deps, recordingsBucket, key, file) };
  }
  return { at: 'gone', why: `it was stored at ${url} and is no longer there` };
}

function whole({ connection }: DownloadDeps, bucket: string, name: string, { sha256 }: KnownFile) {
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
