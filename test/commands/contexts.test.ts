import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDefaultCACertificates, getCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useCertificates } from '../support/certificates.ts';
import { cli } from '../support/cli.ts';
import { run } from '../support/in-process.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { stubApi } from '../support/stub-api.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices(afterAll);
const certificates = useCertificates('nobody');

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'alert-watcher-contexts-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));
afterAll(() => setDefaultCACertificates(getCACertificates('bundled')));
const env = (folder: string) => ({ XDG_CONFIG_HOME: join(home, folder), DATA_DIR: join(home, 'none') });

describe('context', () => {
  it('keeps contexts in a file of this user, with what else stands there', async () => {
    const aw = (line: string) => run(['context', ...line.split(' ')], env('kept'));
    const file = join(home, 'kept/alert-watcher/contexts.yaml');
    const token = join(home, 'token');
    await writeFile(token, 'secret\n');
    expect(await aw('ls')).toMatchObject({ code: 0, stdout: '' });
    expect(await aw('add dev --url http://127.0.0.1:8080/')).toMatchObject({ code: 0 });
    await writeFile(file, `# mine\n${await readFile(file, 'utf8')}`);
    expect((await aw(`add prod --url https://aw.example.com/base --token-file ${token}`)).stdout).toContain(
      'prod added',
    );
    expect((await aw('use prd')).stderr).toContain('there is no context prd (did you mean prod?)');
    expect(await aw('use prod')).toMatchObject({ code: 0, stdout: 'context prod is in use\n' });
    expect((await aw('ls')).stdout).toBe(
      `dev\t\thttp://127.0.0.1:8080\t\t\nprod\t*\thttps://aw.example.com/base\t${token}\t\n`,
    );
    expect(JSON.parse((await aw('ls --json')).stdout)).toEqual([
      { name: 'dev', inUse: false, url: 'http://127.0.0.1:8080' },
      { name: 'prod', inUse: true, url: 'https://aw.example.com/base', tokenFile: token },
    ]);
    expect((await run(['context', 'ls'], env('kept'), 80)).stdout).toMatch(
      /^NAME {2}IN USE {2}URL .*TOKEN FILE\n/,
    );
    expect(await readFile(file, 'utf8')).toMatch(/^# mine\n/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await aw('add dev --url http://127.0.0.1:9090')).stdout).toContain('dev replaced');
    expect(await aw('rm prod')).toMatchObject({ code: 0, stdout: 'context prod removed\n' });
    expect((await aw('ls')).stdout).toBe('dev\t\thttp://127.0.0.1:9090\t\t\n');
    expect(await aw('rm prod')).toMatchObject({ code: 4 });
    expect(await aw('use --none')).toMatchObject({ code: 0, stdout: 'no context is in use\n' });
  });

  it('is the one that is named, else that of the environment, else the one in use; --url is above all, without its token', async () => {
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(() => stubApi(() => ({ json: { items: [] } }))),
    );
    if (!one || !two || !three) throw new Error('there are three');
    const folder = join(home, 'order/alert-watcher');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'token'), 'of-one\nof-nobody\n');
    await writeFile(
      join(folder, 'contexts.yaml'),
      `current: one\ncontexts: { one: { url: '${one.url}/', tokenFile: token }, two: { url: '${two.url}' } }\n`,
    );
    const ask = async (args: string[], more: Record<string, string> = {}) => {
      for (const each of [one, two, three]) each.asked.length = 0;
      const { code } = await run(['pods', '--json', ...args], { ...env('order'), ...more });
      const asked = [one, two, three].map((each) =>
        each.asked.map(({ authorization = '' }) => authorization),
      );
      return [code, ...asked];
    };
    expect(await ask([])).toEqual([0, ['Bearer of-one'], [], []]);
    expect(await ask([], { ALERT_WATCHER_CONTEXT: 'two' })).toEqual([0, [], [''], []]);
    expect(await ask(['--context', 'one'], { ALERT_WATCHER_CONTEXT: 'two' })).toEqual([
      0,
      ['Bearer of-one'],
      [],
      [],
    ]);
    expect(await ask(['--url', three.url])).toEqual([0, [], [], ['']]);
    expect(await ask(['--url', three.url, '--token-file', join(folder, 'token')])).toEqual([
      0,
      [],
      [],
      ['Bearer of-one'],
    ]);
    expect(await ask(['--context', 'tow'])).toEqual([4, [], [], []]);
    expect(await ask([], { ALERT_WATCHER_CONTEXT: 'tow' })).toEqual([4, [], [], []]);
    await Promise.all([one, two, three].map(({ close }) => close()));
  });
});

describe('with a service that has TLS and wants tokens', () => {
  let natsUrl = '';
  let service: TestService | undefined;
  beforeAll(async () => {
    const { ca, server, write } = certificates();
    const tls = {
      certFile: await write('server.pem', server.cert),
      keyFile: await write('server.key', server.key),
    };
    const access = {
      readTokenFile: await write('read', 'reader\n'),
      actTokenFile: await write('act', 'actor\n'),
    };
    natsUrl = nats.freshUrl();
    const rules = quickRules(`collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: bad, durationSeconds: 0.05, maxAttempts: 1 }
collectors: { bad: { driver: simulated, failTimes: 9 } }
sources: [{ name: titled, format: alerts, path: /hooks/titled }, { name: main, path: /hooks/am }]
tls: ${JSON.stringify(tls)}
access: ${JSON.stringify(access)}
`);
    // Like every client in this process it has to trust the CA.
    setDefaultCACertificates([ca.cert]);
    service = await start(natsUrl, { rules });
    const caFile = await write('ca.pem', ca.cert);
    for (const [name, tokenFile] of [['reader', access.readTokenFile], ['actor', access.actTokenFile]] as const)
      await run(['context', 'add', name, '--url', service.url, '--token-file', tokenFile, '--ca-file', caFile], env('tls')); // prettier-ignore
    await run(['context', 'use', 'reader'], env('tls'));
    for (const pod of ['crate-0', 'crate-1'])
      await fetch(`${service.url}/hooks/am`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(alertBody({ pod, alertname: 'CrateDBContainerRestart' })),
      });
    setDefaultCACertificates(getCACertificates('bundled'));
  });
  const aw = (line: string, more: Record<string, string> = {}) =>
    run(line.split(' '), { ...env('tls'), ...more });

  it('lists, explains and redrives as the context says, and by NATS where that is named', async () => {
    const failed = async () => {
      const { stdout } = await aw('collections --state failed --json');
      return JSON.parse(stdout) as { id: string; pod: string }[];
    };
    await expect.poll(failed, { timeout: 10_000, interval: 50 }).toHaveLength(2);
    const both = await failed();
    const [newest, oldest] = both;
    const idOf = (pod: string) => both.find((each) => each.pod === pod)?.id ?? '';
    const id = newest?.id ?? '';
    expect((await aw('alerts --json')).code).toBe(0);
    const byHttp = await aw('explain crate-0');
    expect(byHttp).toMatchObject({ code: 0, stderr: '' });
    expect(byHttp.stdout).toContain('no recording: failed at the stage collect');
    const byNats = await aw('explain crate-0', { NATS_URL: natsUrl });
    const timeless = (text: string) => text.replaceAll(/\S+Z|[\d.]+ \w+ ago| +/g, '');
    expect(timeless(byNats.stdout)).toBe(timeless(byHttp.stdout));
    expect(await aw('explain crate-9')).toMatchObject({ code: 4, stdout: expect.stringContaining('nothing found: looked for pods named crate-9') as string }); // prettier-ignore
    expect((await aw(`explain ${id} --json`)).stdout).toContain(`"collectionId":"${id}"`);

    const refused = await aw(`redrive ${id}`);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('this token may read and not act') as string }); // prettier-ignore
    const dry = await aw('redrive --error-code collector-exited --prefix CRATE-0 --dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: `${idOf('crate-0')}\n0 of 1 redriven (--dry-run)\n` });
    for (const none of ['--error-code other', '--namespace other', '--kube-context other --failed-since 1h'])
      expect((await aw(`redrive ${none} --context actor`)).stdout).toBe('0 of 0 redriven\n');
    const dryByNats = await aw('redrive --prefix crate-1 --dry-run', { NATS_URL: natsUrl });
    expect(dryByNats.stdout).toBe(`${idOf('crate-1')}\n0 of 1 redriven (--dry-run)\n`);
    const all = await aw('redrive --failed-since 1h --context actor --reason mended');
    expect(all.stdout).toBe(`${oldest?.id ?? ''} run 2, collect\n${id} run 2, collect\n2 of 2 redriven\n`);
    expect(all.stderr).toBe(`asking ${service?.url ?? ''} (context actor)\n`);
    expect((await aw(`redrive ${'ab'.repeat(16)} --context actor`)).code).toBe(4);
    await expect.poll(failed, { timeout: 10_000, interval: 50 }).toHaveLength(2);
    const one = await aw(`redrive ${id}`, { NATS_URL: natsUrl });
    expect(one).toMatchObject({ code: 0, stdout: `${id} run 3, collect\n1 of 1 redriven\n`, stderr: '' });
  });

  it('a certificate that nobody trusts, or no token, is refused', async () => {
    const url = service?.url ?? '';
    const { folder } = certificates();
    // What this process trusts, or has a connection to already, is another process's matter.
    const untrusted = await cli(['collections', '--url', url], { XDG_CONFIG_HOME: home });
    expect(untrusted).toMatchObject({ code: 3, stderr: expect.stringContaining('(--ca-file)') as string });
    const without = await run(['collections', '--url', url, '--ca-file', join(folder, 'ca.pem')], {
      XDG_CONFIG_HOME: home,
    });
    expect(without).toMatchObject({ code: 5, stderr: expect.stringContaining('--token-file') as string });
  });
});
