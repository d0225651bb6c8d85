import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRecording } from '../../src/collection/collect/check-recording.ts';
import { createStaging } from '../../src/collection/staging/staging.ts';
import type { Destination } from '../../src/events/data/plan.ts';
import type { Connection } from '../../src/log/connection.ts';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import { listObjects } from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { failureOf } from '../support/s3-fixture.ts';

const nats = useNats();
const sample = new URL('../../src/collection/collectors/sample.jfr', import.meta.url).pathname;
const ref = { collectionId: 'c0ffee', run: 1, attempt: 1 };
const s3: Destination = { type: 's3', bucket: 'recordings' };
const objectStore: Destination = { type: 'object-store' };
const optionsFor = (destination: Destination) => ({
  simulated: false,
  destination,
  signal: new AbortController().signal,
});
const stagingOf = (connection: Connection) =>
  createStaging(connection, { staging: stagingBucket, recordings: recordingsBucket });
const messagesIn = async ({ jsm }: Connection, bucket: string) =>
  (await jsm.streams.info(`OBJ_${bucket}`)).state.messages;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-staging-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it.each([s3, objectStore])(
  'a recording for $type is staged as it was checked, and found again',
  async (to) => {
    const connection = await nats.connectWithStreams();
    await using file = await openRecording(sample);
    const recording = await stagingOf(connection).put(ref, file, optionsFor(to));
    expect(recording).toMatchObject(file.checked);

    // Another process, which knows nothing.
    const staging = stagingOf(connection);
    expect(await staging.find('c0ffee', 1)).toEqual({ attempt: 1, recording, circumstances: {} });
    expect(await staging.info(recording.stagedName)).toMatchObject({ sha256: recording.sha256 });
    const bytes = await buffer(staging.read(recording.stagedName));
    expect(bytes.equals(await readFile(sample))).toBe(true);
  },
);

it('what goes to the object store has its bytes there, and no name yet', async () => {
  const connection = await nats.connectWithStreams();
  await using file = await openRecording(sample);
  const staging = stagingOf(connection);
  const { stagedName } = await staging.put(ref, file, optionsFor(objectStore));

  expect(await listObjects(connection, recordingsBucket)).toEqual([]);
  expect(await messagesIn(connection, stagingBucket)).toBe(1);
  const chunks = await messagesIn(connection, recordingsBucket);
  expect(chunks).toBeGreaterThan(0);
  // Whoever removes it cannot know whether it has a name there meanwhile.
  await staging.remove(stagedName);
  expect(await messagesIn(connection, recordingsBucket)).toBe(chunks);
});

it('what goes to S3 leaves nothing when it is removed, also by a process that did not stage it', async () => {
  const connection = await nats.connectWithStreams();
  await using file = await openRecording(sample);
  for (const attempt of [1, 2]) {
    const staging = stagingOf(connection);
    const { stagedName } = await staging.put({ ...ref, attempt }, file, optionsFor(s3));
    await (attempt === 1 ? staging : stagingOf(connection)).remove(stagedName);
    expect(await stagingOf(connection).info(stagedName)).toBeUndefined();
    expect(await messagesIn(connection, stagingBucket)).toBe(attempt);
  }
});

it('the same attempt staged twice is one recording', async () => {
  const connection = await nats.connectWithStreams();
  await using file = await openRecording(sample);
  const first = await stagingOf(connection).put(ref, file, optionsFor(objectStore));
  const chunks = await messagesIn(connection, recordingsBucket);

  expect(await stagingOf(connection).put(ref, file, optionsFor(objectStore))).toEqual(first);
  expect(await messagesIn(connection, recordingsBucket)).toBe(chunks);
});

it('a file that something still writes to after it was checked is no recording, and nothing of it stays', async () => {
  const connection = await nats.connectWithStreams();
  const path = join(directory, 'other.jfr');
  await copyFile(sample, path);
  await using file = await openRecording(path);
  await writeFile(path, 'it was another one when it was checked');

  const failure = await failureOf(stagingOf(connection).put(ref, file, optionsFor(objectStore)).then(String));

  expect(failure.code).toBe('recording-unfinished');
  expect(await messagesIn(connection, stagingBucket)).toBe(0);
  expect(await messagesIn(connection, recordingsBucket)).toBe(0);
});
