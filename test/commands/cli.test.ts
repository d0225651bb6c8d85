import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { cli } from '../support/cli.ts';
import { run } from '../support/in-process.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/alertmanager/${name}.json`, import.meta.url));

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-cli-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function configFile(yaml: string): Promise<string> {
  const file = join(directory, 'config.yaml');
  await writeFile(file, yaml);
  return file;
}

it('the version is that of the package', async () => {
  const { code, stdout } = await cli(['--version'], {});
  expect([code, stdout.trim()]).toEqual([0, manifest.version]);
});

describe('replay', () => {
  it('shows each event with the state before and after, whole, for one pod, or up to a sequence or a time', async () => {
    const url = nats.freshUrl();
    const service = await start(url);
    await service.post(captured('am0.33.1-single_firing'));
    await service.whenState('uploaded');
    await service.post(alertBody({ pod: 'other\u001b[31m-1' }));
    await service.post(alertBody({ pod: 'other-1', kube_context: 'arn:aws:eks:1:cluster/x' }));
    await service.whenState('uploaded', 2);

    const env = { NATS_URL: url };
    const all = await cli(['replay', '--json'], env);
    expect(all.code).toBe(0);
    const everything = all.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    interface Line {
      sequence: number;
      storedAt: string;
      type: string;
      before: { value: string };
      after: { value: string; lastOutcome: unknown };
      effects: string[];
      changed: boolean;
    }
    expect(everything.filter(({ type }) => type === 'AlertReceived')).toHaveLength(3);
    const lines = everything.filter(({ before }) => (before as unknown) !== null);
    const ofOne = ['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'];
    expect(lines.map(({ type }) => type)).toEqual([...ofOne, ...ofOne]);
    expect(lines[0]).toMatchObject({
      before: { value: 'idle' },
      after: { value: 'collecting' },
      effects: ['collect'],
    });
    expect(lines[3]).toMatchObject({
      changed: true,
      after: { value: 'idle', lastOutcome: { state: 'uploaded' } },
    });

    const pod = await cli(
      ['replay', '--pod', 'arn:aws:eks:1:cluster/x/bfed25f8-45e5-420a-aaca-af3b86228910/other-1'],
      env,
    );
    expect(pod.stdout).toContain('4 events, 1 pod\n');
    const until = await cli(['replay', '--until', String(lines[1]?.sequence)], env);
    expect(until.stdout).toContain('4 events, 1 pod\n');
    const untilTime = await cli(['replay', '--until', lines[3]?.storedAt ?? '', '--json'], env);
    expect(untilTime.stdout.trim().split('\n').length).toBeGreaterThanOrEqual(4);
    expect((await cli(['replay', '--until', 'yesterday'], env)).stderr).toContain('RFC 3339');
    expect((await cli(['replay', '--pod', 'x'], env)).stderr).toContain('kube-context/namespace/pod');
  });

  it('says where there is no stream', async () => {
    const { code, stderr } = await cli(['replay'], { DATA_DIR: join(directory, 'none') });
    expect(code).toBe(3);
    expect(stderr).toContain('set NATS_URL or DATA_DIR');
    expect(stderr.split('\n')).toHaveLength(2);
  });
});

describe('streams', () => {
  it('diff shows what differs, apply changes it, and what operators own stays', async () => {
    const url = nats.freshUrl();
    const env = { NATS_URL: url };
    const nothing = await cli(['streams', 'diff'], env);
    expect(nothing).toMatchObject({ code: 1 });
    expect(nothing.stdout).toContain('stream ALERT_WATCHER does not exist');
    expect(await cli(['streams', 'apply'], env)).toMatchObject({ code: 0 });
    expect(await cli(['streams', 'diff'], env)).toMatchObject({
      code: 0,
      stdout: 'the server is as the files say\n',
    });

    const service = await start(url);
    const { jsm } = service.app.log.connection;
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_age: 86_400e9, duplicate_window: 60e9 });
    await jsm.consumers.update(streamName, 'intake', { max_deliver: 5 });
    const differs = await cli(['streams', 'diff'], env);
    expect(differs.stdout).toContain(
      'stream ALERT_WATCHER: duplicate_window is 60000000000, not 600000000000',
    );
    expect(differs.stdout).toContain('consumer intake: max_deliver is 5, not -1');
    expect(differs.stdout).not.toContain('max_age');
    await service.close();
    await expect(start(url)).rejects.toThrow(/max_deliver is 5, not -1[^]*streams apply/);
    expect(await cli(['streams', 'apply'], env)).toMatchObject({ code: 0 });
    const again = await start(url);
    expect((await again.app.log.connection.jsm.streams.info(streamName)).config.max_age).toBe(86_400e9);
  });
});

describe('streams, with ACK_WAIT_SECONDS', () => {
  it('compares with that and not with the files, and changes consumers that are there', async () => {
    const env = { NATS_URL: nats.freshUrl() };
    expect(await cli(['streams', 'apply'], env)).toMatchObject({ code: 0 });
    const shorter = { ...env, ACK_WAIT_SECONDS: '6' };
    const { code, stdout } = await cli(['streams', 'diff'], shorter);
    expect([code, stdout.trim().split('\n').length]).toEqual([1, readDefinitions().consumers.length]);
    expect(stdout).toContain(
      'consumer upload: ack_wait is 15000000000, not 6000000000 (nanoseconds), as ACK_WAIT_SECONDS has it: 6 s',
    );
    expect(await cli(['streams', 'apply'], shorter)).toMatchObject({ code: 0 });
    expect(await cli(['streams', 'diff'], shorter)).toMatchObject({ code: 0 });
  });

  it('has as its default what the files say', () => {
    const folder = fileURLToPath(new URL('../../streams/consumers/', import.meta.url));
    const files = globSync('*.json', { cwd: folder }).sort();
    const said = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown);
    expect(said).toEqual(readDefinitions().consumers);
  });
});

describe('check', () => {
  it('says which alert of a payload would lead to what', async () => {
    const config = await configFile(`collections: [{ match: ['alertname=~"CrateDB.+"'] }]`);
    const valid = await cli(['check', config, '--alert', fixture('am0.33.1-mixed.2-mixed')]);
    expect(valid.code).toBe(0);
    expect(valid.stdout).toMatch(/is valid: 1 row, collectors hemako, destination object-store/);
    expect(valid.stdout).toContain(
      'note: from here row collections[0] could not record: collector hemako: the program hemako is not on PATH. What to do: hemako is a company',
    );
    expect(valid.stdout).toMatch(/firing: row collections\[0\]: hemako records aks1-westeurope-prod\//);
    expect(valid.stdout).toMatch(/resolved: stored, starts nothing/);
    expect(valid.stdout).toMatch(
      /^ {2}runs hemako jfr collect --kube-context aks1-westeurope-prod .* --duration 30s --approve$/m,
    );
    const given = await configFile(`collections: [{ match: ['alertname=~"CrateDB.+"'], collector: mine }]
collectors: { mine: { command: [mine, --token, topsecret, '{label.severity}', '{collectionId}'], labels: [container] } }`);
    const filled = await cli(['check', given, '--alert', fixture('am0.33.1-single_firing')]);
    expect(filled.stdout.split('\n').slice(-3)).toEqual([
      "  runs mine --token *** critical '{collectionId}'",
      '  with ALERT_LABEL_severity=critical ALERT_LABEL_container=crate',
      '',
    ]);
    const declined = await cli(['check', config, '--alert', fixture('am0.33.1-no_pod_namespace')]);
    expect(declined.stdout).toContain('declined (missing-label): the alert has no label namespace');
  });

  it('names every fault of a configuration with its line and what is allowed', async () => {
    const config = await configFile(`collections:
  - match: ['alertname=~"("']
    durationSeconds: -1
    collector: nobody
    colour: red
`);
    const { code, stderr } = await cli(['check', config]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /collections\.0\.durationSeconds \(line 3\): Expected number to be greater than 0/,
    );
    expect(stderr).toMatch(/collections\.0\.colour \(line 5\): Unexpected property/);
    const second = await cli(['check', await configFile(`collections:
  - match: ['alertname=~"("']
    collector: nobody
    timeoutSeconds: 10
collectors:
  mine: { command: [x, '{nope}'] }
  both: { driver: jcmd, pid: 1, mainClass: A }
`)]); // prettier-ignore
    expect(second.stderr).toMatch(/match\.0 \(line 2\): .*no valid regular expression/);
    expect(second.stderr).toMatch(
      /collector \(line 3\): there is no collector nobody; there is hemako, mine, both/,
    );
    expect(second.stderr).toMatch(/timeoutSeconds \(line 4\): an attempt of 30 s never ends within 10 s/);
    expect(second.stderr).toMatch(
      /collectors\.mine\.command \(line 6\): no {nope} is known; there is {kubeContext}/,
    );
    expect(second.stderr).toMatch(/collectors\.both \(line 7\): must have mainClass or pid, and not both/);
    const retries = await cli(['check', await configFile(`collections:
  - match: ['alertname="A"']
    maxAttempts: 3
    retry:
      timeout: { maxAttempts: 1 }
      cancelled: { maxAttempts: 1 }
      pod-not-found: { maxAttempts: 4 }
      forbidden: { maxAttempts: 3 }
`)]); // prettier-ignore
    expect(retries.stderr.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/collections\.0\.retry\.timeout \(line 5\): no attempt fails with timeout .*; codes are collector-not-found, .*collector-timeout, .*unexpected$/), // prettier-ignore
      expect.stringContaining('retry.cancelled (line 6): no attempt fails with cancelled'),
      expect.stringContaining('retry.pod-not-found.maxAttempts (line 7): the row has 3 attempts in all'),
    ]);
    const third = await cli(['check', await configFile('destination: { type: s3, bucket: b, serverSideEncryption: no }')]); // prettier-ignore
    expect(third.stderr).toContain(
      "serverSideEncryption (line 1): Expected one of 'AES256', 'aws:kms', 'aws:kms:dsse'",
    );
  });
});

describe('a hostile configuration', () => {
  it('whose aliases fill the memory is refused with one line', async () => {
    const levels = Array.from({ length: 12 }, (_, level) => `k${String(level + 1)}: &a${String(level + 1)} [${Array(9).fill(`*a${String(level)}`).join()}]`); // prettier-ignore
    const { code, stderr } = await cli(['check', await configFile(['k0: &a0 [x]', ...levels].join('\n'))]);
    expect(code).toBe(1);
    expect(stderr).toContain('Excessive alias count');
    expect(stderr).not.toMatch(/ {4}at /);
  });

  it('whose keys move the cursor is shown with them escaped', async () => {
    const { stderr } = await cli(['check', await configFile('"coll\\u001b[31mections": []')]);
    expect(stderr).toContain('coll\\u{1b}[31mections');
    expect(stderr).not.toContain('\u001b');
  });

  it('whose keys have line breaks forges no line of others', async () => {
    const { stderr } = await cli(['check', await configFile('"x\\n  tls (line 1): forged": 1')]);
    expect(stderr).not.toMatch(/^ {2}tls/m);
  });

  it('that is nested without end is refused with a few lines', async () => {
    const { code, stderr } = await cli(['check', await configFile('['.repeat(100_000))]);
    expect([code, stderr.length < 10_000]).toEqual([1, true]);
    expect(stderr).toMatch(/and \d+ more/);
  });

  it('that is good names a collector without moving the cursor', async () => {
    const { code, stdout } = await cli(['check', await configFile('collectors: { "\\u001b[2J": { driver: simulated } }')]); // prettier-ignore
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
  });
});

it.each([[['\u001b[2J']], [['redrive', '--\u001b[2J']], [['streams', '\u001b[2J']]])(
  'a command line with control characters, %j, is repeated with them escaped',
  async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('\\u{1b}');
    expect(stderr).not.toContain('\u001b');
  },
);

describe('serve', () => {
  it.each<[Record<string, string>, string, number?]>([
    [{ PORT: 'http' }, 'PORT is "http"; it must be a whole number from 0 to 65535'],
    [{ ACK_WAIT_SECONDS: '2' }, 'ACK_WAIT_SECONDS is "2"; it must be a whole number from 3 to 3600'],
    [
      { HEARTBEAT_SECONDS: '6' },
      'HEARTBEAT_SECONDS is "6"; it must be at most 5, a third of ACK_WAIT_SECONDS (15)',
    ],
    [{ ROLES: 'ingest,bake' }, 'there is no role bake; roles are ingest, intake, collect, upload, api'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"; it must be one of trace'],
    [{ ALERT_WATCHER_CONFIG: '/nowhere.yaml' }, 'cannot be read'],
    [{ NATS_URL: 'http://x' }, 'NATS_URL is not of the form'],
    [
      { NATS_URL: 'nats://user:%topsecret@h:1' },
      'a user or password with a % that is not followed by two hex digits',
    ],
    [{ NATS_URL: 'nats://user:topsecret@127.0.0.1:1' }, 'no NATS server answers at nats://127.0.0.1:1', 3],
    [{ NATS_URL: 'user:topsecret@127.0.0.1:1' }, 'no NATS server answers at nats://127.0.0.1:1', 3],
    [{ NATS_URL: 'nats://user:x@topsecret@127.0.0.1:1' }, 'no NATS server answers at nats://127.0.0.1:1', 3],
  ])('with %j ends with a clear error and no stack', async (env, message, expected = 2) => {
    const { code, stderr } = await run(['serve'], { DATA_DIR: directory, ...env });
    expect(code).toBe(expected);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/ {4}at |topsecret/);
  });

  it('ends, with a clear error, where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const env = { DATA_DIR: directory, NATS_URL: nats.freshUrl(), PORT: String(port) };
    const { code, stderr } = await cli(['serve'], env);
    other.close();
    expect(code).toBe(2);
    expect(stderr).toBe(
      `alert-watcher: HTTP cannot listen at 127.0.0.1:${String(port)}: another process listens there: end it, or choose another PORT (0 takes a free one)\n`,
    );
  });
});
