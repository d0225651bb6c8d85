import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CollectTask } from '../../src/collection/collectors/collector.ts';
import { kubectlCollector } from '../../src/collection/collectors/kubectl/collector.ts';
import type { KubectlOptions } from '../../src/collection/collectors/kubectl/options.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import { pod } from '../support/events.ts';
import { failureOf } from '../support/failure.ts';
import { type Cluster, clusterOf, container, playedJvm, podOf } from '../support/kubectl/cluster.ts';
import { standInSpawner } from '../support/kubectl/use-cluster.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-collector-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

type More = Partial<CollectTask> & { options?: Partial<KubectlOptions> };
function collect(cluster: Cluster, { options, ...more }: More = {}) {
  const task = { ...pod, collectionId: 'c0ffee', durationSeconds: 0.05, attempt: 1, directory };
  const given = { directories: [directory], maxBytes: 2 ** 20, ...options };
  const signal = new AbortController().signal;
  return kubectlCollector(given, standInSpawner(cluster))({ ...task, signal, ...more });
}
const codeOf = async (cluster: Cluster, more?: More) => (await failureOf(collect(cluster, more))).code;
const jre = container({ missing: ['jcmd', '/crate/jdk/bin/jcmd'] });

describe('the pod', () => {
  it('is asked for with names that can be no options, or not at all', async () => {
    const cluster = clusterOf();
    for (const name of ['--kubeconfig=/etc/evil', 'svc/other', 'a b', '$(id)', '-', 'A', 'a'.repeat(254)]) {
      const failure = await failureOf(collect(cluster, { pod: name }));
      expect(failure).toBeInstanceOf(PermanentlyFailed);
      expect(failure.code).toBe('pod-not-found');
    }
    expect(await codeOf(cluster, { namespace: '--all-namespaces' })).toBe('pod-not-found');
    expect(cluster.calls).toEqual([]);
    expect(await codeOf(cluster, { kubeContext: '--token=x; id' })).toBe('context-unknown');
    expect(cluster.calls).toEqual([
      ['--context=--token=x; id', `--namespace=${pod.namespace}`, 'get', 'pod', pod.pod, '--output=json', '--request-timeout=20s'],
    ]); // prettier-ignore
  });

  it('has a failure of its own for each way in which it is not there', async () => {
    expect(await codeOf(clusterOf({ pod: null }))).toBe('pod-not-found');
    expect(await codeOf(clusterOf({ isDown: true }))).toBe('cluster-unreachable');
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' };
    const crashing = await failureOf(collect(clusterOf({ pod: podOf(container({ waiting })) })));
    expect(crashing.code).toBe('pod-not-running');
    expect(crashing.message).toContain('CrashLoopBackOff: back-off 5m0s');
    expect(await codeOf(clusterOf(), { options: { container: 'other' } })).toBe('container-not-found');
  });

  it('says which verb on which resource is missing', async () => {
    const texts: string[] = [];
    // One by one: an attempt has its directory to itself.
    for (const needs of ['get pods', 'create pods/exec']) {
      const { code, message } = await failureOf(collect(clusterOf({ forbidden: [needs] })));
      expect(code).toBe('forbidden');
      texts.push(message);
    }
    expect(texts[0]).toContain('may not get pods in the namespace');
    expect(texts[1]).toContain('may not create pods/exec in the namespace');
  });
});

describe('the JVM', () => {
  it('is in the container that is configured, or named by the alert, or the first that has one', async () => {
    const proxy = container({ name: 'envoy', jvms: [], missing: ['jcmd', 'find'] });
    const other = container({ name: 'exporter', jvms: [playedJvm({}, 9)] });
    const cluster = () => clusterOf({ pod: podOf(proxy, container(), other) });
    const of = async (more: More) => (await collect(cluster(), more)).jvm?.container;
    const alert = (name: string) => ({ alert: { startsAt: '2026-11-20T19:10:36Z', container: name } });
    expect(await of({})).toBe('crate');
    expect(await of(alert('exporter'))).toBe('exporter');
    expect(await of(alert('kube-state-metrics'))).toBe('crate');
    expect(await of({ ...alert('crate'), options: { container: 'exporter' } })).toBe('exporter');
  });

  it('is one of several only where it is named; no argument of any is told', async () => {
    const jvms = [playedJvm(), playedJvm({ mainClass: 'Other' }, 8)];
    const cluster = () => clusterOf({ pod: podOf(container({ jvms })) });
    const failure = await failureOf(collect(cluster()));
    expect(failure.code).toBe('jvm-ambiguous');
    expect(failure.message).toContain('7 io.crate.bootstrap.CrateDB, 8 Other');
    expect(JSON.stringify([failure.message, failure.details])).not.toContain('hunter2');
    expect(await collect(cluster(), { options: { mainClass: 'Other' } })).toHaveProperty('file');
    expect(await collect(cluster(), { options: { pid: 8 } })).toHaveProperty('file');
    expect(await codeOf(cluster(), { options: { mainClass: 'None' } })).toBe('jvm-not-found');
  });

  it('is found in /proc where jcmd does not list it', async () => {
    const jvms = [playedJvm({ isListed: false })];
    expect(await collect(clusterOf({ pod: podOf(container({ jvms })) }))).toHaveProperty('file');
  });
});

describe('jcmd', () => {
  it('is that of the JDK of the JVM where PATH has none', async () => {
    const cluster = clusterOf({ pod: podOf(container({ missing: ['jcmd'] })) });
    await collect(cluster);
    expect(cluster.calls.find((argv) => argv.includes('JFR.start'))).toContain('/crate/jdk/bin/jcmd');
  });

  it('is nowhere in a JRE: every way that was tried is named', async () => {
    const { code, message } = await failureOf(collect(clusterOf({ pod: podOf(jre) })));
    expect(code).toBe('jcmd-not-found');
    expect(message).toContain('jcmd is not on the PATH of the container crate');
    expect(message).toContain('/crate/jdk/bin/jcmd is not there');
    expect(message).toContain('no debugImage is configured');
  });

  it('is that of a debug container, which runs as the user of the pod and ends by itself', async () => {
    const cluster = clusterOf({ pod: podOf(jre) });
    const options = { debugImage: 'eclipse-temurin:21' };
    expect((await collect(cluster, { options })).jvm?.container).toBe('crate');
    const debug = cluster.calls.find((argv) => argv.includes('debug')) ?? [];
    const [name = ''] = cluster.ephemeral;
    expect(name).toMatch(/^alert-watcher-c0ffee-[a-z0-9]+$/);
    const custom = debug.find((each) => each.startsWith('--custom='))?.slice('--custom='.length) ?? '';
    expect(debug.slice(2)).toEqual([
      ...['debug', pod.pod, '--image=eclipse-temurin:21', '--target=crate'],
      ...[`--container=${name}`, '--profile=general', `--custom=${custom}`],
      ...['--quiet', '--', 'sleep', '241'],
    ]);
    expect(JSON.parse(await readFile(custom, 'utf8'))).toEqual({ securityContext: { runAsUser: 1000 } });
    const cat = cluster.calls.find((argv) => argv.includes('cat') && argv.at(-1)?.endsWith('.jfr'));
    expect(cat?.at(-1)).toBe(`/proc/7/root${directory}/alert-watcher-c0ffee-1.jfr`);
  });

  it('is not reached where the debug container may not be added or does not start', async () => {
    const options = { debugImage: 'eclipse-temurin:21' };
    const failure = await failureOf(
      collect(clusterOf({ pod: podOf(jre), forbidden: ['patch pods/ephemeralcontainers'] }), { options }),
    );
    expect(failure.code).toBe('forbidden');
    expect(failure.message).toMatch(/jcmd is not on the PATH .* may not patch pods\/ephemeralcontainers/);
    const unpulled = await failureOf(
      collect(clusterOf({ pod: podOf(jre), debug: 'ErrImagePull' }), { options }),
    );
    expect(unpulled.code).toBe('debug-container-failed');
    expect(unpulled.message).toContain('ErrImagePull: pull access denied');
  });
});
