import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { CollectTask } from '../../src/collection/collectors/collector.ts';
import { kubectlCollector } from '../../src/collection/collectors/kubectl/collector.ts';
import { createSpawner } from '../../src/programs/spawner.ts';
import { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { checkRecording } from '../../src/collection/collect/check-recording.ts';
import { pod } from '../support/events.ts';
import { failureOf } from '../support/failure.ts';
import { useJvm } from '../support/jvm.ts';
import { type Cluster, clusterOf, container, podOf } from '../support/kubectl/cluster.ts';
import { useStandInProgram } from '../support/kubectl/use-cluster.ts';
import { until } from '../support/until.ts';

// A real JVM, the real jcmd, real programs in real processes; kubectl is the stand-in.
const hasJdk = inject('programs').jdk;
const jvm = useJvm(hasJdk);
const kubectl = useStandInProgram();
const spawner = createSpawner();
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-collector-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
afterAll(() => spawner.close());

const collect = (more: Partial<CollectTask> = {}) => {
  const options = { kubectl: kubectl.program(), directories: [kubectl.directory()], maxBytes: 2 ** 20 };
  const alert = { startsAt: '2026-11-20T19:10:36Z' };
  const task = { ...pod, collectionId: 'c0ffee', durationSeconds: 1, attempt: 1, directory, alert };
  return kubectlCollector(options, spawner)({ ...task, signal: new AbortController().signal, ...more });
};
const withJvm = (more: Partial<Cluster> = {}) =>
  kubectl.set(clusterOf({ pod: podOf(container({ jvms: [{ pid: jvm.pid() }] })), ...more }));
const recordingsInPod = async () =>
  (await readdir(kubectl.directory())).filter((name) => name.endsWith('.jfr'));

describe.runIf(hasJdk)('a real JVM behind the stand-in for kubectl', () => {
  it('is recorded; its file comes here whole through a broken stream, and nothing stays in the pod', async () => {
    withJvm({ truncated: 1 });
    const { file, jvm: recorded } = await collect();
    expect(await checkRecording(file)).toMatchObject({ jfrVersion: '2.1' });
    expect(recorded).toMatchObject({ podUid: 'uid-1', container: 'crate', restartCount: 0 });
    expect(Math.abs(Date.parse(recorded?.jvmStartedAt ?? '') - Date.now())).toBeLessThan(60_000);
    expect(await recordingsInPod()).toEqual([]);
  });

  it('is not recorded any more after an abort, and nothing stays in the pod', async () => {
    withJvm();
    const abort = new AbortController();
    const failure = failureOf(collect({ durationSeconds: 600, signal: abort.signal }));
    await until('the recording', async () => ((await recordingsInPod()).length > 0 ? true : undefined));
    abort.abort(new AttemptFailed('collector-timeout', 'too long'));
    expect(await failure).toMatchObject({ code: 'collector-timeout' });
    const last = kubectl.get().calls.slice(-2);
    expect(last[0]).toContain('JFR.stop');
    expect(last[1]).toContain('rm');
    expect(await recordingsInPod()).toEqual([]);
  });
});
