import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { circumstancesOf } from '../../src/collection/collect/circumstances.ts';
import { deliver, stagedNamesOf } from '../../src/collection/upload/deliver.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import { artefactKeyOf } from '../../src/collection/upload/keys.ts';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import type { PodEvent, Uploading } from '../../src/collection/pod/context.ts';
import { openRecording } from '../../src/collection/collect/check-recording.ts';
import type { Run } from '../../src/collection/run-events.ts';
import { createStaging } from '../../src/collection/staging/staging.ts';
import type { Artefact, Jvm } from '../../src/events/data/circumstances.ts';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { alertRef, pod, story } from '../support/events.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const ref = { collectionId: 'c0ffee', run: 1, attempt: 1 };
const jvm: Jvm = {
  podUid: 'uid-1',
  container: 'crate',
  restartCount: 1,
  jvmStartedAt: '2026-11-20T19:12:03.000Z',
  afterRestart: true,
};
const artefact: Artefact = {
  kind: 'crash-log',
  name: 'hs_err_pid7.log',
  bytes: 3,
  sha256: 'cd'.repeat(32),
  stagedName: 'c0ffee/1-1/artefact-1-cd',
};
const { collectionId: _id, ...first } = story(alertRef(1));
const collected = (): PodEvent => {
  const event = first.collected();
  return { ...event, data: { ...event.data, jvm, artefacts: [artefact], notes: ['java.hprof: too large'] } };
};
const uploadOf = (...events: PodEvent[]): Uploading => {
  const snapshot = events.reduce((state, event) => evolve(state, event).state, initialSnapshot);
  const [upload] = Object.values(snapshot.context.uploads);
  if (!upload) throw new Error('there is no upload');
  return upload;
};
const run: Run = {
  part: 'upload',
  pod,
  ...{ collectionId: 'c0ffee', run: 1, traceparent: undefined, logger: createLogger('silent') },
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-artefact-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('what lies beside a recording is staged with it, and found again by a process that knows nothing', async () => {
  const connection = await nats.connectWithStreams();
  const buckets = { staging: stagingBucket, recordings: recordingsBucket };
  const staging = createStaging(connection, buckets);
  const file = join(directory, 'a');
  await writeFile(file, 'the end');
  const missing = { kind: 'heap-dump' as const, name: 'java.hprof', file: join(directory, 'none') };
  const brought = {
    file: sample,
    jvm,
    artefacts: [{ ...missing, kind: 'crash-log' as const, file }, missing],
  };
  const circumstances = await circumstancesOf(staging, ref, brought);
  expect(circumstances).toMatchObject({ jvm, artefacts: [{ kind: 'crash-log', bytes: 7 }] });
  expect(circumstances.notes?.[0]).toMatch(/^java\.hprof: ENOENT/);

  await using recording = await openRecording(sample);
  const signal = new AbortController().signal;
  const options = { simulated: false, circumstances, destination: { type: 'object-store' as const }, signal };
  await staging.put(ref, recording, options);
  const other = createStaging(connection, buckets);
  expect(await other.find('c0ffee', 1)).toMatchObject({ attempt: 1, circumstances });
  const [staged] = circumstances.artefacts ?? [];
  expect((await buffer(other.read(staged?.stagedName ?? ''))).toString()).toBe('the end');
});

it('artefacts go with the upload, also when it is redriven', () => {
  const begun = [first.requested(), first.started(), collected()];
  const upload = uploadOf(...begun);
  expect(upload).toMatchObject({ jvm, artefacts: [artefact] });
  expect(stagedNamesOf(upload)).toEqual(['c0ffee/1-1/ab', 'c0ffee/1-1/artefact-1-cd']);
  const again = uploadOf(...begun, first.failed('upload', 1), first.redriven(2, 'upload'));
  expect(again).toMatchObject({ run: 2, jvm, artefacts: [artefact] });
});

it('an artefact that can never arrive is noted and fails nothing; one that cannot now fails the attempt', async () => {
  const connection = await nats.connectWithStreams();
  const staging = createStaging(connection, { staging: stagingBucket, recordings: recordingsBucket });
  const upload = uploadOf(first.requested(), first.started(), collected());
  const signal = new AbortController().signal;
  const failing = (error: Error) =>
    deliver(
      {
        staging,
        handBack: signal,
        destinationFor: () => ({ key }) => (key.endsWith('.jfr') ? Promise.resolve(`s3://b/${key}`) : Promise.reject(error)), // prettier-ignore
      },
      { ...run, state: upload },
      signal,
    );
  const arrived = await failing(new PermanentlyFailed('destination-conflict', 'something else lies there'));
  expect(arrived.artefacts).toBeUndefined();
  expect(arrived.notes).toEqual(['hs_err_pid7.log: something else lies there']);
  expect(arrived.url).toMatch(/c0ffee\.jfr$/);
  await expect(failing(new Error('503'))).rejects.toThrow('503');
});

it('no name from a pod leaves its folder or overwrites another key', () => {
  const keyOf = (name: string) =>
    artefactKeyOf(run, '2026-11-20T19:11:00Z', { ...artefact, name }, 1).split('/2026/11/20/')[1];
  expect(keyOf('../../x/y.log')).toBe('c0ffee.artefact-1._.._x_y.log');
  expect(keyOf('\u0000\n\u2603')).toBe('c0ffee.artefact-1.___');
  expect(keyOf('..')).toBe('c0ffee.artefact-1.file');
  expect(keyOf(`${'a'.repeat(500)}.log`)?.length).toBe('c0ffee.artefact-1.'.length + 80);
});
