import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkRecording } from '../../src/collection/recording.ts';
import { createStaging } from '../../src/collection/staging.ts';
import { stagingBucket } from '../../src/log/definitions.ts';
import { listObjects } from '../../src/log/object-store.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const sample = new URL('../../src/collection/collectors/sample.jfr', import.meta.url).pathname;
const ref = { collectionId: 'c0ffee', run: 1, attempt: 1 };
const options = { simulated: false, signal: new AbortController().signal };
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-staging-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('a recording is staged as it was checked, and found again', async () => {
  const staging = createStaging(await nats.connectWithStreams(), stagingBucket);
  const checked = await checkRecording(sample);
  const recording = await staging.put(ref, sample, checked, options);
  expect(recording).toMatchObject({ sha256: checked.sha256, bytes: checked.bytes });
  expect(await staging.find('c0ffee', 1)).toEqual({ attempt: 1, recording });
});

it('a file that something still writes to after it was checked is no recording, and nothing of it stays', async () => {
  const connection = await nats.connectWithStreams();
  const checked = await checkRecording(sample);
  const file = join(directory, 'other.jfr');
  await writeFile(file, 'it was another one when it was checked');
  const put = createStaging(connection, stagingBucket).put(ref, file, checked, options);
  await expect(put).rejects.toMatchObject({ code: 'recording-unfinished' });
  expect(await listObjects(connection, stagingBucket)).toEqual([]);
});
