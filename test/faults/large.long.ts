import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useProcesses } from '../support/process.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';
import { stubAwsEnvironment } from '../support/s3-fixture.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const serve = useProcesses();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
let s3: S3Server | undefined;
let directory = '';
let unmount = () => {};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-large-'));
  s3 = await startS3({ keepBodies: false });
  stubAwsEnvironment(s3.credentials);
});
afterEach(async () => {
  await s3?.close();
  unmount();
  await rm(directory, { recursive: true, force: true });
});

/** A service whose collector writes the sample so often that the recording has so many bytes. */
async function start(bytes: number) {
  const file = join(directory, 'collector.mjs');
  await writeFile(
    file,
    `import { appendFileSync, readFileSync } from 'node:fs';
const chunk = readFileSync(${JSON.stringify(sample)});
for (let written = 0; written < ${String(bytes)}; written += chunk.length) appendFileSync('out.jfr', chunk);
`,
  );
  const config = join(directory, 'config.yaml');
  await writeFile(
    config,
    `collections: [{ match: ['alertname=~".+"'], collector: it, durationSeconds: 1, maxAttempts: 2, backoff: { initialSeconds: 0.2 } }]
collectors: { it: { command: ['${process.execPath}', '${file}'], allowEarlierStart: true } }
destination: { type: s3, bucket: ${s3?.bucket ?? ''}, endpoint: '${s3?.endpoint ?? ''}', region: eu-central-1, forcePathStyle: true }
`,
  );
  const service = serve({ NATS_URL: nats.freshUrl(), DATA_DIR: directory, ALERT_WATCHER_CONFIG: config });
  await fetch(`${await service.url()}/webhook/alertmanager`, {
    method: 'POST',
    body: captured('am0.33.1-single_firing'),
  });
  return service;
}

it('a recording of 300 MB goes through a process of less than 200 MB', async () => {
  const service = await start(300_000_000);
  const uploaded = await service.logged('Uploaded', ({ event }) => event === 'Uploaded', 50_000);
  expect(uploaded['bytes']).toBeGreaterThan(300_000_000);
  const [object] = [...(s3?.objects.values() ?? [])];
  expect(object?.size).toBe(uploaded['bytes']);
  const status = await readFile(`/proc/${String(service.child.pid)}/status`, 'utf8');
  const mostResidentMiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  expect(mostResidentMiB).toBeLessThan(200);
}, 60_000);

it.runIf(canMount)(
  'where there is no space left every attempt says so, and the service goes on',
  async () => {
    mountSmallDisk(join(directory, 'work'), 1, (release) => (unmount = release));
    const service = await start(5_000_000);
    const failed = await service.logged('CollectionFailed', ({ event }) => event === 'CollectionFailed');
    expect(failed).toMatchObject({ attempts: 2, error: { code: 'collector-exited' } });
    expect(JSON.stringify(failed['error'])).toContain('ENOSPC');
    expect((await fetch(`${await service.url()}/ready`)).status).toBe(200);
  },
);
