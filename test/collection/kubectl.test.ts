import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectTask } from '../../src/collection/collectors/collector.ts';
import { kubectlCollector } from '../../src/collection/collectors/kubectl/collector.ts';
import type { KubectlOptions } from '../../src/collection/collectors/kubectl/options.ts';
import { checkRecording } from '../../src/collection/collect/check-recording.ts';
import { pod } from '../support/events.ts';
import { failureOf } from '../support/failure.ts';
import {
  type Cluster,
  clusterOf,
  container,
  playedJvm,
  podOf,
  restarted,
} from '../support/kubectl/cluster.ts';
import { standInSpawner } from '../support/kubectl/use-cluster.ts';

let directory = '';
let podDirectory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-collector-'));
  podDirectory = await mkdtemp(join(tmpdir(), 'alert-watcher-pod-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(podDirectory, { recursive: true, force: true });
});

type More = Partial<CollectTask> & { options?: Partial<KubectlOptions> };
function collect(cluster: Cluster, { options, ...more }: More = {}) {
  const task = { ...pod, collectionId: 'c0ffee', durationSeconds: 0.05, attempt: 1, directory };
  const alert = { startsAt: '2026-11-20T19:10:36Z' };
  const given = { directories: [podDirectory], maxBytes: 2 ** 20, ...options };
  const signal = new AbortController().signal;
  return kubectlCollector(given, standInSpawner(cluster))({ ...task, alert, signal, ...more });
}
const withJvms = (...jvms: ReturnType<typeof playedJvm>[]) => clusterOf({ pod: podOf(container({ jvms })) });

describe('a recording by kubectl', () => {
  it('keeps secrets out, is bounded in size, and would end by itself', async () => {
    const cluster = clusterOf();
    const { file, jvm, argv } = await collect(cluster);
    expect(await checkRecording(file)).toMatchObject({ jfrVersion: '2.1' });
    expect(jvm).toEqual({
      podUid: 'uid-1',
      container: 'crate',
      restartCount: 0,
      jvmStartedAt: expect.stringMatching(/^20/) as string,
    });
    const start = cluster.calls.find((argv) => argv.includes('JFR.start'));
    expect(start?.slice(start.indexOf('JFR.start') + 1)).toEqual([
      'name=alert-watcher-c0ffee-1',
      'settings=profile',
      'duration=61s',
      `filename=${podDirectory}/alert-watcher-c0ffee-1.jfr`,
      'maxsize=1048576',
      'jdk.InitialEnvironmentVariable#enabled=false',
      'jdk.InitialSystemProperty#enabled=false',
      'jdk.JVMInformation#enabled=false',
      'jdk.SystemProcess#enabled=false',
    ]);
    expect(argv).toEqual(['kubectl', ...(start ?? [])]);
    expect(argv?.slice(0, 4)).toEqual(['kubectl', `--context=${pod.kubeContext}`, `--namespace=${pod.namespace}`, 'exec']); // prettier-ignore
    expect(await readdir(podDirectory)).toEqual([]);
  });

  it('is told from one of the JVM before: a restart or another pod in the middle ends the attempt', async () => {
    const failure = (after: string, to: Partial<Cluster>) =>
      failureOf(collect(clusterOf({ changes: [{ after, to }] })));
    const ended = await failure('JFR.start', { pod: podOf(restarted({ jvms: [] })) });
    expect(ended.code).toBe('container-restarted');
    expect(ended.message).toContain('OOMKilled, exit code 137');
    // What each JVM repeats of its options on stderr.
    expect(ended.details.stderrTail).toContain('No such process');
    expect(ended.details.stderrTail).not.toContain('hunter2');
    const late = await failure('JFR.stop', { pod: podOf(restarted()) });
    expect(late.code).toBe('container-restarted');
    const replaced = await failure('JFR.stop', { pod: { ...podOf(container()), uid: 'uid-2' } });
    expect(replaced.code).toBe('pod-replaced');
    expect((await failure('JFR.start', { pod: null })).code).toBe('pod-not-found');
  });

  it('says that its JVM started after the alert, or by the restart that the alert is about', async () => {
    const of = async (startedAt: string) =>
      (await collect(clusterOf({ pod: podOf(restarted({ startedAt })) }))).jvm?.afterRestart;
    expect(await of('2026-11-20T19:12:03Z')).toBe(true);
    expect(await of('2026-11-20T19:05:00Z')).toBe(true);
    expect(await of('2026-11-17T10:00:00Z')).toBeUndefined();
  });

  it('comes out of streams that break off or are damaged, and is refused where none is whole', async () => {
    const { file } = await collect(clusterOf({ truncated: 1, damaged: 1 }));
    expect(await checkRecording(file)).toMatchObject({ jfrVersion: '2.1' });
    await rm(file);
    const failure = await failureOf(collect(clusterOf({ damaged: 100 })));
    expect(failure).toMatchObject({ code: 'transfer-truncated' });
    expect(failure.message).toContain('another sha256');
  });

  it('is made where there is room: a JVM whose JFR finds a full disk ends itself', async () => {
    const failure = await failureOf(collect({ ...clusterOf(), freeKib: 2_047 }));
    expect(failure.code).toBe('pod-disk-full');
    expect(failure.message).toContain('1.9 MiB are free and 2.0 MiB are needed');
  });

  it('goes on to another directory where the JVM cannot write to the first', async () => {
    const options = { directories: ['/no/such/directory', podDirectory] };
    expect(await collect(clusterOf(), { options })).toHaveProperty('file');
    const says = { 'JFR.start': 'Could not start recording, not able to write to file /x.jfr. /x.jfr ' };
    const failure = await failureOf(collect(withJvms(playedJvm({ says }))));
    expect(failure.code).toBe('pod-not-writable');
    expect(failure.message).toContain('not able to write to file');
  });

  it('stops and removes what an attempt that was cut off left', async () => {
    const left = playedJvm({ recording: ['name=alert-watcher-c0ffee-1', `filename=${podDirectory}/alert-watcher-c0ffee-1.jfr`] }); // prettier-ignore
    const cluster = withJvms(left);
    await collect(cluster, { attempt: 2 });
    const stops = cluster.calls.filter((argv) => argv.includes('JFR.stop')).map((argv) => argv.at(-1));
    expect(stops).toEqual(['name=alert-watcher-c0ffee-1', 'name=alert-watcher-c0ffee-2']);
    expect(await readdir(podDirectory)).toEqual([]);
  });
});
