import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubectlCollector } from '../../src/collection/collectors/kubectl/collector.ts';
import type { KubectlOptions } from '../../src/collection/collectors/kubectl/options.ts';
import { pod } from '../support/events.ts';
import { type Cluster, clusterOf, podOf, restarted } from '../support/kubectl/cluster.ts';
import { standInSpawner } from '../support/kubectl/use-cluster.ts';

let directory = '';
let volume = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-collector-'));
  volume = await mkdtemp(join(tmpdir(), 'alert-watcher-volume-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(volume, { recursive: true, force: true });
});

function collect(cluster: Cluster, options: Partial<KubectlOptions> = {}) {
  const task = { ...pod, collectionId: 'c0ffee', durationSeconds: 0.05, attempt: 1, directory };
  const alert = { startsAt: '2026-11-20T19:10:36Z' };
  const given = { directories: [directory], crashDirectories: [volume], maxBytes: 2 ** 20, ...options };
  const signal = new AbortController().signal;
  return kubectlCollector(given, standInSpawner(cluster))({ ...task, alert, signal });
}
/** A container that ended a minute ago. */
const crashed = (more: Partial<Cluster> = {}) => {
  const finishedAt = new Date(Date.now() - 60_000).toISOString();
  const lastTerminated = { reason: 'Error', exitCode: 134, finishedAt };
  return clusterOf({ pod: podOf(restarted({ lastTerminated })), ...more });
};
const leave = (name: string, content = name) => writeFile(join(volume, name), content);

describe('after a restart', () => {
  it('what the crash left is taken, besides the recording of the JVM that runs now', async () => {
    await leave('hs_err_pid7.log');
    await leave('hs_oom_pid7.jfr');
    await leave('java_pid7.hprof');
    await leave('something else.log');
    const { artefacts = [], notes, jvm } = await collect(crashed({ previousLog: 'the end is near\n' }));
    expect(jvm?.afterRestart).toBe(true);
    expect(notes).toEqual([]);
    const contents = await Promise.all(artefacts.map(({ file }) => readFile(file, 'utf8')));
    expect(artefacts.map(({ kind, name }, index) => [kind, name, contents[index]]).sort()).toEqual([
      ['crash-log', 'hs_err_pid7.log', 'hs_err_pid7.log'],
      ['crash-recording', 'hs_oom_pid7.jfr', 'hs_oom_pid7.jfr'],
      ['heap-dump', 'java_pid7.hprof', 'java_pid7.hprof'],
      ['previous-log', 'crate-previous.log', 'the end is near\n'],
    ]);
  });

  it('what is too large, of an older crash or refused is not taken, and noted where it is news', async () => {
    await leave('java_pid7.hprof', 'x'.repeat(101));
    await leave('hs_err_pid6.log');
    const lastYear = new Date('2025-11-20T19:12:00Z');
    await utimes(join(volume, 'hs_err_pid6.log'), lastYear, lastYear);
    const cluster = crashed({ forbidden: ['get pods/log'] });
    const { artefacts, notes = [], file } = await collect(cluster, { maxArtefactBytes: 100 });
    expect(file).toMatch(/recording\.jfr$/);
    expect(artefacts).toEqual([]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/^log of the container before: .* may not get pods\/log/);
    expect(notes[1]).toBe('java_pid7.hprof: 101 bytes are more than maxArtefactBytes');
  });

  it('nothing is asked for where it is not wanted, and nothing of a container that did not end', async () => {
    const none = crashed();
    expect(await collect(none, { previousLogBytes: 0, maxArtefactBytes: 0 })).toMatchObject({
      artefacts: [],
    });
    const quiet = clusterOf();
    expect(await collect(quiet)).not.toHaveProperty('artefacts');
    for (const { calls } of [none, quiet])
      expect(calls.filter((argv) => argv.includes('logs') || argv.includes('-mmin'))).toEqual([]);
  });
});
