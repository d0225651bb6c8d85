import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { lacksOf } from '../../src/collection/able/lacks.ts';
import { runProbes } from '../../src/commands/probe/probe.ts';
import { probesOf } from '../../src/commands/probe/probes.ts';
import { parseConfig } from '../../src/config/file.ts';
import { clusterOf } from '../support/kubectl/cluster.ts';
import { useStandInProgram } from '../support/kubectl/use-cluster.ts';
import { useNats } from '../support/nats.ts';
import { stubAwsEnvironment } from '../support/s3-fixture.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';

let directory = '';
let s3: S3Server;
/** Accepts and says nothing. */
let mute: Server;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-probe-'));
  await writeFile(join(directory, 'tokens'), 'secret-of-ada name=ada\nother\n');
  await writeFile(join(directory, 'empty'), '');
  s3 = await startS3({ region: 'eu-central-1' });
  mute = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await s3.close();
  await new Promise((resolve) => mute.close(resolve));
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());
const nats = useNats();
const kubectl = useStandInProgram();

const simulated = `collections: [{ match: ['alertname="A"'], collector: sim }]\ncollectors: { sim: { driver: simulated } }\n`;

/** What is said of everything that a configuration names, one line each. */
async function probe(yaml: string, limitMs?: number): Promise<string[]> {
  const rules = parseConfig(yaml.includes('collections:') ? yaml : `${simulated}${yaml}`, 'aw.yaml');
  const probed = await runProbes(probesOf(rules, await lacksOf(rules)), limitMs);
  return probed.map((each) => {
    const action = each.result === 'failed' ? ` → ${each.action}` : '';
    return `${each.result} ${each.name}: ${each.detail}${action}`;
  });
}

const lineOf = async (of: Promise<string[]>, about: string) =>
  (await of).find((line) => line.replace(/^\w+ /, '').startsWith(about)) ?? '';

describe('a bucket', () => {
  const place = (more = '') => `destination: { type: s3, bucket: recordings, endpoint: '${s3.endpoint}', region: eu-central-1, forcePathStyle: true ${more} }`; // prettier-ignore
  const other = (from: string, to: string) => place().replace(from, to);

  it.each<[what: string, yaml: () => string, told: RegExp, credentials?: object]>([
    ['is there', place, /^ok bucket recordings: it is there/],
    ['is in another region', () => other('eu-central-1', 'us-east-1'), /^failed .*wrong region: the bucket is in eu-central-1 → set destination\.region: eu-central-1/],
    ['is not there', () => other('bucket: recordings', 'bucket: nothing'), /^failed bucket nothing: there is no such bucket → create it/],
    ['does not know the key', place, /denied: InvalidAccessKeyId \(403\) → .*AWS_ACCESS_KEY_ID/, { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' }],
    ['has another secret', place, /denied: SignatureDoesNotMatch \(403\) → .*AWS_SECRET_ACCESS_KEY/, { accessKeyId: 'AKIASIMULATED', secretAccessKey: 'x' }],
    ['gets no credentials', place, /no credentials: .* → set AWS_ACCESS_KEY_ID/, { accessKeyId: undefined, secretAccessKey: undefined }],
    ['is nowhere', () => place().replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'), /nothing listens there \(ECONNREFUSED\) → check host and port/],
  ])('that %s is told so', async (_, yaml, told, credentials = s3.credentials) => {
    stubAwsEnvironment(credentials);
    expect(await lineOf(probe(yaml()), 'bucket')).toMatch(told);
  }); // prettier-ignore

  it('that may not be looked at is told which permissions are needed', async () => {
    stubAwsEnvironment(s3.credentials);
    // One for HEAD of the bucket, one for the words, one for the address.
    for (let times = 0; times < 3; times += 1) s3.faults.inject({ type: 'error', code: 'AccessDenied' });
    expect(await lineOf(probe(place()), 'bucket')).toMatch(/denied: AccessDenied \(403\) → .*s3:ListBucket/);
    s3.faults.clear();
  });

  it('whose server accepts and says nothing is given up in time', async () => {
    stubAwsEnvironment(s3.credentials);
    const { port } = mute.address() as { port: number };
    const lines = await probe(place().replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${String(port)}`), 100);
    expect(lines.filter((line) => /no answer within 0.1 s → check the network/.test(line))).toHaveLength(2);
  });
});

describe('a cluster', () => {
  const rows = (context: string, program = kubectl.program()) =>
    `collections: [{ match: ['kube_context="${context}"'], collector: k }]\ncollectors: { k: { driver: kubectl, kubectl: '${program}' } }`;

  it('that answers is ok, and the contexts are told', async () => {
    const cluster = clusterOf();
    kubectl.set(cluster);
    const lines = await probe(rows(cluster.context));
    expect(lines).toContain(`ok contexts of ${kubectl.program()}: ${cluster.context}`);
    expect(lines).toContain(`ok cluster ${cluster.context}: its API server is ready`);
  });

  it.each([
    ['nowhere', {}, /does not exist → add the context nowhere to the kubeconfig/],
    [clusterOf().context, { isDown: true }, /→ check the address of the cluster/],
  ])('%s that cannot be reached is told so: %j', async (context, changes, told) => {
    kubectl.set(clusterOf(changes));
    expect(await lineOf(probe(rows(context)), 'cluster')).toMatch(told);
  });

  it('that only alerts name is skipped', async () => {
    const yaml = rows('x').replace('kube_context="x"', 'alertname="A"');
    kubectl.set(clusterOf());
    expect(await lineOf(probe(yaml), 'cluster of row')).toMatch(/^skipped .*each alert says/);
  });
});

it('files of tokens are read, and their content is not shown', async () => {
  const lines =
    await probe(`access: { readTokenFile: '${directory}/tokens', actTokenFile: '${directory}/empty' }
sources: [{ name: am, auth: { basicFile: '${directory}/none' } }]`);
  expect(lines.filter((line) => line.includes(' file '))).toEqual([
    `ok file ${directory}/tokens (access.readTokenFile): 2 tokens`,
    expect.stringMatching(
      /^failed .*actTokenFile\): .*holds no secret.* → make it a file that this user may read/,
    ),
    expect.stringMatching(/^failed .*basicFile of source am\): ENOENT/),
  ]);
  expect(lines.join()).not.toContain('secret-of-ada');
});

it('programs are looked for, each with the rows that need it', async () => {
  const lines =
    await probe(`collections: [{ name: r, match: ['a="b"'], collector: c, targets: { statefulSet: one } }]
collectors: { c: { command: [/bin/true], targetsCommand: [no-such-program] } }`);
  expect(lines.slice(0, 2)).toEqual([
    'ok program /bin/true: collector c can start it',
    expect.stringMatching(
      /^failed program no-such-program: targetsCommand of collector c: .*\(for r\) → install it/,
    ),
  ]);
});

it.each([
  ['that is not set is skipped', () => '', /^skipped NATS: NATS_URL is not set/],
  ['that answers is ok', () => nats.freshUrl(), /^ok NATS \(NATS_URL\): nats-server \d/],
  ['that is nowhere is told so', () => 'nats://user:topsecret@127.0.0.1:1', /^failed NATS .*no NATS server answers at nats:\/\/127\.0\.0\.1:1/],
  ['that is no address is told so', () => 'http://x', /^failed NATS .*NATS_URL is not of the form/],
])('a NATS server %s', async (_, url, told) => {
  vi.stubEnv('NATS_URL', url());
  const line = await lineOf(probe(''), 'NATS');
  expect(line).toMatch(told);
  expect(line).not.toContain('topsecret');
}); // prettier-ignore

it('an address of traces without a scheme is told so', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'user:topsecret@localhost:4318');
  const line = await lineOf(probe(''), 'url');
  expect(line).toMatch(
    /^failed url localhost:4318 .*this is no address → write it with http:\/\/ or https:\/\//,
  );
});
