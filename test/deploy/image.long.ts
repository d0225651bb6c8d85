import { validate } from 'dockerfile-utils';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildStage, type Image, runOptionsOf, stagesOf, within } from '../support/dockerfile.ts';
import { asNpmStart, freePort, isRunning } from '../support/process.ts';
import { until } from '../support/until.ts';
import { captured } from '../support/webhook.ts';
import packageJson from '../../package.json' with { type: 'json' };

const programs = inject('programs');
const context = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(context, 'deploy/Dockerfile'), 'utf8');
const stages = stagesOf(text);
const stepsOf = (name: string) => stages.get(name)?.steps ?? [];
const isRoot = process.getuid?.() === 0;

describe('deploy/Dockerfile', () => {
  it('has nothing that the linter complains about', () => {
    expect(validate(text)).toEqual([]);
  });

  it('builds the service where no target is named', () => {
    expect(stages.get('')).toEqual({ base: 'service', steps: [] });
  });

  it('runs as a user that has a number and is not root, in every target', () => {
    for (const target of ['service', 'kubectl']) {
      const users = [...stepsOf('service'), ...(target === 'kubectl' ? stepsOf(target) : [])].filter(
        ({ keyword }) => keyword === 'USER',
      );
      expect(users.at(-1)?.argument).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    }
  });

  it('downloads nothing without its sum', () => {
    const lines = text.split('\n').filter((line) => !line.startsWith('#'));
    expect(lines.join('\n')).not.toMatch(/curl|wget/);
    const added = lines.join('\n').match(/^ADD .*$/gm) ?? [];
    for (const line of added) expect(line).toMatch(/--checksum=sha256:[0-9a-f]{64} /);
  });

  it('starts the service with the flags of npm start, below an init that reaps', () => {
    const { start } = packageJson.scripts;
    const cmd = stepsOf('service').find(({ keyword }) => keyword === 'CMD')?.words ?? [];
    expect(cmd.join(' ').replace('/app/', '')).toBe(start);
    expect(cmd).toEqual(expect.arrayContaining(asNpmStart));
    expect(stepsOf('service').find(({ keyword }) => keyword === 'ENTRYPOINT')?.words[0]).toBe(
      '/usr/bin/tini',
    );
  });

  it('gets from the build context what it copies, and .dockerignore lets nothing else in', () => {
    const ignore = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')); // prettier-ignore
    const copied = [...stages.values()]
      .flatMap(({ steps }) => steps)
      .filter(({ keyword, from }) => keyword === 'COPY' && from === undefined)
      .flatMap(({ argument }) => argument.split(/\s+/).slice(0, -1));
    expect(ignore[0]).toBe('*');
    expect(new Set(ignore.slice(1))).toEqual(new Set(copied.map((path) => `!${path}`)));
  });
});

describe('what deploy/Dockerfile builds', () => {
  let directory = '';
  let image: Image;
  let service: ChildProcess | undefined;
  let url = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'alert-watcher-image-'));
    await chmod(directory, 0o755);
    image = await buildStage({ context, stages, directory }, '');
    const data = within(image.root, image.env['DATA_DIR'] ?? '');
    await makeReadOnly(image, data);
    const port = String(await freePort());
    const config = join(directory, 'alert-watcher.yaml');
    await cp(join(context, 'src/collection/collectors/sample.jfr'), join(directory, 'sample.jfr'));
    // A child that leaves its group outlives the collector: process 1 inherits it.
    const script = `setsid sleep 1 & cp ${join(directory, 'sample.jfr')} recording.jfr`;
    await writeFile(
      config,
      `collections: [{ match: ['alertname=~".+"'], collector: leaves-a-child, durationSeconds: 1 }]
collectors: { leaves-a-child: { command: [sh, -c, ${JSON.stringify(script)}], allowEarlierStart: true } }
`,
    );
    Object.assign(image.env, {
      ...{ DATA_DIR: data, HOST: '127.0.0.1', PORT: port, ALERT_WATCHER_CONFIG: config },
      NATS_EMBEDDED_PORT: String(await freePort()),
    });
    url = `http://127.0.0.1:${port}`;
  }, 120_000);
  afterAll(async () => {
    if (service && service.exitCode === null) {
      service.kill('SIGTERM');
      await once(service, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** A command of the image; `-s` makes tini reap though it is not process 1 here. */
  const start = (words: string[]): ChildProcess => {
    const init = programs.tini ? ['tini', '-s', '--'] : [];
    const [program = '', ...args] = [...init, ...words.map((word) => within(image.root, word))];
    return spawn(program, args, { cwd: join(image.root, 'app'), stdio: 'inherit', ...runOptionsOf(image) });
  };
  const health = () => {
    const [program = '', ...args] = image.healthcheck;
    return spawnSync(program, args, runOptionsOf(image)).status;
  };

  it('has no dependency of development', () => {
    const lock = JSON.parse(readFileSync(join(context, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: true }> }; // prettier-ignore
    const forDevelopment = Object.keys(lock.packages).filter((path) => lock.packages[path]?.dev);
    const isThere = (path: string) => existsSync(join(image.root, 'app', path));
    expect(isThere('node_modules/fastify')).toBe(true);
    expect(forDevelopment.length).toBeGreaterThan(50);
    expect(forDevelopment.filter(isThere)).toEqual([]);
  });

  it('records on a root file system that it cannot write to, with the embedded nats-server', async () => {
    image.env['LOG_LEVEL'] = 'warn';
    service = start(image.cmd);
    await until('ready', () => fetch(`${url}/ready`).then(({ ok }) => ok, () => false)); // prettier-ignore
    expect(health()).toBe(0);
    const answer = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: captured('am0.33.1-single_firing') }); // prettier-ignore
    expect(answer.status).toBe(200);
    await until('a recording', async () => (await (await fetch(`${url}/api/v1/collections?state=uploaded`)).text()).includes('"state":"uploaded"')); // prettier-ignore
    expect(await writable(image)).toEqual([]);
  });

  it.runIf(programs.tini)('reaps what a collector leaves behind', async () => {
    const { pid = 0 } = service ?? {};
    const others = () => childrenOf(pid).filter((name) => !name.startsWith('node'));
    await until('the child of the collector to be reaped', () => others().length === 0);
  });

  it('ends with 0 after SIGTERM, with its nats-server, and its health check says so', async () => {
    const nats = JSON.parse(readFileSync(join(image.env['DATA_DIR'] ?? '', 'nats/server.json'), 'utf8')) as { server: { pid: number } }; // prettier-ignore
    if (!service) throw new Error('it runs');
    service.kill('SIGTERM');
    expect(await once(service, 'exit')).toEqual([0, null]);
    expect(isRunning(nats.server.pid)).toBe(false);
    expect(health()).toBe(1);
  });
});

/** Takes all rights to write away from the user of the image, but in the data directory. */
async function makeReadOnly({ root, user }: Image, data: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(data) || entry.isSymbolicLink()) continue;
    if (isRoot) await chown(path, 0, 0);
    else await chmod(path, (await stat(path)).mode & 0o555);
  }
  if (isRoot) expect((await stat(data)).uid).toBe(user);
}

/** Files of the image, beside those of the data directory, that its user could write to. */
async function writable({ root, env, user }: Image): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (path.startsWith(env['DATA_DIR'] ?? '-') || entry.isSymbolicLink()) continue;
    const { uid, mode } = await stat(path);
    if ((uid === user && (mode & 0o200) !== 0) || (mode & 0o002) !== 0) found.push(path);
  }
  return found;
}

/** Names of a process's children, of zombies too. */
function childrenOf(parent: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = '', , ppid] = /^\d+ \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []; // prettier-ignore
        return Number(ppid) === parent ? [name] : [];
      } catch {
        return [];
      }
    });
}
