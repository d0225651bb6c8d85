import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { areGone, freePort, isRunning, useProcesses } from '../support/process.ts';
import { useS3 } from '../support/s3-fixture.ts';
import { until } from '../support/until.ts';
import { captured } from '../support/webhook.ts';

const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const serve = useProcesses();
const s3 = useS3();
let dataDir = '';
let port = 0;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-crash-'));
  port = await freePort();
});
// A server that is being ended may still write.
afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10 }));

/** The environment of a service with the embedded server, a collector and the simulated S3. */
async function environment(
  collector = '{ driver: simulated, tookSeconds: 0.05 }',
  uploadDeadlineSeconds = 600,
): Promise<Record<string, string>> {
  const { endpoint, bucket, credentials } = s3();
  const config = join(dataDir, 'config.yaml');
  await mkdir(dataDir, { recursive: true });
  await writeFile(
    config,
    `collections:
  - { match: ['alertname=~".+"'], collector: it, durationSeconds: 1, maxAttempts: 3, uploadDeadlineSeconds: ${String(uploadDeadlineSeconds)}, backoff: { initialSeconds: 0.2, factor: 1 } }
collectors: { it: ${collector} }
destination: { type: s3, bucket: ${bucket}, endpoint: '${endpoint}', region: eu-central-1, forcePathStyle: true }
`,
  );
  return {
    ALERT_WATCHER_CONFIG: config,
    DATA_DIR: dataDir,
    NATS_EMBEDDED_PORT: String(port),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

const ends = new Set(['Uploaded', 'CollectionFailed']);

const post = async (url: string) =>
  fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: captured('am0.33.1-single_firing') });

/** The types of all events of collections, in order. */
async function history(): Promise<string[]> {
  const connection = await openConnection(`nats://127.0.0.1:${String(port)}`);
  try {
    const types: string[] = [];
    for await (const { subject } of readRange(connection, streamName, { filter: 'aw.collection.>' })) {
      types.push(subject.split('.').at(-1) ?? '');
    }
    return types;
  } finally {
    await connection.close();
  }
}

describe('a process that is killed', () => {
  it('between collect and upload: the next one uploads the same recording, once', async () => {
    const env = await environment();
    await s3().refuse();
    const first = serve(env);
    await post(await first.url());
    const collected = await first.logged('JfrCollected', ({ event }) => event === 'JfrCollected');
    await first.logged('a refused upload', ({ event }) => event === 'UploadAttemptFailed');
    await first.end('SIGKILL');
    await s3().accept();

    const second = serve(env);
    await second.url();
    expect(second.lines()).toContainEqual(expect.objectContaining({ nats: 'adopted' }));
    await second.logged('Uploaded', ({ event }) => event === 'Uploaded');
    const objects = [...s3().objects.values()];
    expect(objects).toHaveLength(1);
    expect(objects[0]?.sha256).toBe(collected['sha256']);
    const types = (await history()).filter((type) => type !== 'UploadAttemptFailed');
    expect(types).toEqual(['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded']);
  });

  it('after S3 has stored the recording and before that is on the stream: it is found there, not overwritten', async () => {
    const env = await environment();
    s3().faults.inject({ type: 'store-then-cut' });
    s3().faults.inject({ type: 'error', code: 'SlowDown' }, Infinity);
    const first = serve(env);
    await post(await first.url());
    await until('the object', () => s3().objects.size === 1);
    await first.end('SIGKILL');
    s3().faults.clear();
    const second = serve(env);
    await second.logged('Uploaded', ({ event }) => event === 'Uploaded');
    expect(s3().objects.size).toBe(1);
  });

  it('after S3 has stored the recording, and comes back after the deadline: a last attempt finds it', async () => {
    const deadlineSeconds = 1.5;
    const env = await environment(undefined, deadlineSeconds);
    s3().faults.inject({ type: 'store-then-cut' });
    s3().faults.inject({ type: 'error', code: 'SlowDown' }, Infinity);
    const first = serve(env);
    await post(await first.url());
    await first.logged('JfrCollected', ({ event }) => event === 'JfrCollected');
    const deadline = Date.now() + deadlineSeconds * 1_000;
    await until('the object', () => s3().objects.size === 1);
    await first.end('SIGKILL');
    s3().faults.clear();
    await until('the deadline to be over', () => Date.now() > deadline);
    const second = serve(env);
    await until('the end', () => second.lines().some(({ event }) => ends.has(String(event))), 45_000);
    expect((await history()).at(-1)).toBe('Uploaded');
  });

  it('while the collector runs: the next one makes another attempt, and leaves no files', async () => {
    const collector = `setTimeout(() => require('fs').copyFileSync(${JSON.stringify(sample)}, 'out.jfr'), 2000)`;
    const env = await environment(
      `{ command: ${JSON.stringify([process.execPath, '-e', collector])}, allowEarlierStart: true }`,
    );
    const first = serve(env);
    await post(await first.url());
    await first.logged('the attempt', ({ event }) => event === 'CollectionAttemptStarted');
    // The first attempt makes it.
    const attempts = () => readdir(join(dataDir, 'work')).catch(() => []);
    await until('the directory of the attempt', async () => (await attempts()).length === 1);
    await first.end('SIGKILL');
    const second = serve(env);
    // The message comes again when its ack_wait is over.
    await until('the upload', () => second.lines().some(({ event }) => event === 'Uploaded'), 45_000);
    expect(await history()).toEqual([
      ...[
        'CollectionRequested',
        'CollectionAttemptStarted',
        'CollectionAttemptStarted',
        'JfrCollected',
        'Uploaded',
      ],
    ]);
    expect(await readdir(join(dataDir, 'work'))).toEqual([]);
  }, 60_000);
});

describe('a collector program of a process that is killed', () => {
  const endless = `const child = require('child_process').spawn('sleep', ['600']);
    require('fs').writeFileSync('pids', [process.pid, child.pid, process.ppid].join(' ')); setInterval(() => {}, 1000)`;
  /** A service that runs it, and the pids of the program, its child, and the spawner that started it. */
  const collecting = async () => {
    const argv = JSON.stringify([process.execPath, '-e', endless]);
    const env = { ...(await environment(`{ command: ${argv} }`)), SHUTDOWN_GRACE_SECONDS: '0' };
    const service = serve(env);
    await post(await service.url());
    const work = join(dataDir, 'work');
    const text = await until('the collector', async () => {
      const [name = ''] = await readdir(work).catch(() => []);
      const noted = await readFile(join(work, name, 'pids'), 'utf8').catch(() => '');
      // A file that is there may still be empty, and a signal to 0 goes to the whole suite.
      return /^\d+ \d+ \d+$/.test(noted) && noted;
    });
    const [program = 0, child = 0, spawner = 0] = text.split(' ').map(Number);
    return { env, service, program, child, spawner };
  };

  it('is ended with its whole group by the spawner, which then ends itself', async () => {
    const { env, service, ...pids } = await collecting();
    await service.end('SIGKILL');
    const all = [pids.program, pids.child, pids.spawner];
    await until('all of them to be gone', () => areGone(all), 10_000);
    // Takes the server along that the killed one left.
    await serve(env).url();
  });

  it('is ended by the next one where the spawner is killed too', async () => {
    const { env, service: first, program, spawner } = await collecting();
    // A service that is frozen cannot see its spawner's end.
    first.child.kill('SIGSTOP');
    process.kill(spawner, 'SIGKILL');
    await first.end('SIGKILL');
    expect(isRunning(program)).toBe(true);
    const second = serve(env);
    await second.url();
    await until('the collector to be gone', () => !isRunning(program));
    expect(await second.end('SIGTERM')).toBe(0);
  });
});

describe('a process that is told to stop', () => {
  it('finishes what it records within its grace, takes its server along and exits with 0', async () => {
    const env = await environment('{ driver: simulated, tookSeconds: 1 }');
    const service = serve(env);
    await post(await service.url());
    await service.logged('the attempt', ({ event }) => event === 'CollectionAttemptStarted');
    expect(await service.end('SIGTERM')).toBe(0);
    expect(service.lines()).toContainEqual(expect.objectContaining({ event: 'JfrCollected' }));
    await expect(openConnection(`nats://127.0.0.1:${String(port)}`)).rejects.toThrow(/no NATS server/);
  });

  it('by Ctrl-C, which reaches its spawner too: the collector program has its grace', async () => {
    const collector = `require('fs').writeFileSync('pid', String(process.ppid));
      setTimeout(() => require('fs').copyFileSync(${JSON.stringify(sample)}, 'out.jfr'), 1000)`;
    const env = await environment(
      `{ command: ${JSON.stringify([process.execPath, '-e', collector])}, allowEarlierStart: true }`,
    );
    const service = serve(env);
    await post(await service.url());
    const work = join(dataDir, 'work');
    const spawner = await until('the collector', async () => {
      const [name = ''] = await readdir(work).catch(() => []);
      return Number(await readFile(join(work, name, 'pid'), 'utf8').catch(() => '')) || undefined;
    });
    process.kill(spawner, 'SIGINT');
    expect(await service.end('SIGINT')).toBe(0);
    expect(service.lines()).toContainEqual(expect.objectContaining({ event: 'JfrCollected' }));
    expect(isRunning(spawner)).toBe(false);
  });

  it('hands back at once what outlives the grace, and the next one takes it up', async () => {
    const env = {
      ...(await environment('{ driver: simulated, tookSeconds: 3 }')),
      SHUTDOWN_GRACE_SECONDS: '0',
    };
    const service = serve(env);
    await post(await service.url());
    await service.logged('the attempt', ({ event }) => event === 'CollectionAttemptStarted');
    expect(await service.end('SIGTERM')).toBe(0);
    const next = serve(env);
    const started = await next.logged('the attempt', ({ event }) => event === 'CollectionAttemptStarted');
    expect(started['attempt']).toBe(2);
    await next.logged('Uploaded', ({ event }) => event === 'Uploaded');
  });
});

it('a second process on the same data directory shares the server of the first', async () => {
  const env = await environment();
  const first = serve(env);
  await first.url();
  const second = serve(env);
  await post(await second.url());
  expect(second.lines()).toContainEqual(expect.objectContaining({ nats: 'shared' }));
  await until('the upload', () =>
    [first, second].some((each) => each.lines().some(({ event }) => event === 'Uploaded')),
  );
  expect(await second.end('SIGTERM')).toBe(0);
  const connection = await openConnection(`nats://127.0.0.1:${String(port)}`);
  expect(await lastMessage(connection, streamName, 'aw.>')).toBeDefined();
  await connection.close();
});
