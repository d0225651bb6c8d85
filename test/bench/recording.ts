import { appendFileSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from '../../src/log/connection.ts';
import { until } from '../support/until.ts';
import { post } from './post.ts';
import { type Figure, median, number } from './report.ts';
import type { Bench } from './run.ts';
import { type BenchWorld, openBenchWorld, type Started } from './world.ts';

/** The simulated S3, as s3-process.ts tells it. */
export interface S3Place {
  endpoint: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

const bareCopy = fileURLToPath(new URL('bare-copy.ts', import.meta.url));
const s3Process = fileURLToPath(new URL('s3-process.ts', import.meta.url));
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const leastBytes = 300_000_000;
const atLeastRatio = 0.7;
const mostResidentBytes = 200_000_000;
const patienceMs = 120_000;

/** A valid recording of at least that size, and its size in bytes. */
function writeRecording(file: string): number {
  const chunk = readFileSync(sample);
  let written = 0;
  for (; written < leastBytes; written += chunk.length) appendFileSync(file, chunk);
  return written;
}

// The collector only names a file that is there: what is measured begins where a collector ends.
function configOf(file: string, { bucket, endpoint }: S3Place): string {
  return `collections: [{ match: ['alertname=~".+"'], collector: it, durationSeconds: 1, maxAttempts: 1 }]
collectors: { it: { command: [echo, ${JSON.stringify(file)}], allowEarlierStart: true } }
destination: { type: s3, bucket: ${bucket}, endpoint: '${endpoint}', region: eu-central-1, forcePathStyle: true }
`;
}

/** The seconds from the start of an attempt to the recording at its destination. */
async function collect({ nc }: Connection, url: string, pods: string): Promise<number> {
  const at = new Map<string, number>();
  const subscription = nc.subscribe('aw.collection.*.*.*.*', {
    callback: (_error, { subject }) => {
      at.set(subject.slice(subject.lastIndexOf('.') + 1), performance.now());
    },
  });
  await nc.flush();
  await post({ urls: [url], pods, requests: 1, alertsPerRequest: 1, connections: 1 });
  await until(
    'the recording to be uploaded',
    () => {
      if (at.has('CollectionFailed')) throw new Error('the recording failed: see the log of the service');
      return at.has('Uploaded');
    },
    patienceMs,
  );
  subscription.unsubscribe();
  return ((at.get('Uploaded') ?? 0) - (at.get('CollectionAttemptStarted') ?? 0)) / 1_000;
}

async function copyBare({ url }: Started, file: string, name: string): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ file, name });
  const response = await fetch(`${url}/copy`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`the bare copy failed: ${text}`);
  return (JSON.parse(text) as { seconds: number }).seconds;
}

/** The most memory that a process had resident since it began, in bytes. */
async function mostResidentOf({ child }: Started): Promise<number> {
  const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

async function startParts(world: BenchWorld, file: string): Promise<[ours: Started, bare: Started]> {
  const { url } = await world.start('s3', [s3Process], {});
  const place = (await (await fetch(`${url}/ready`)).json()) as S3Place;
  const config = join(world.directory, 'config.yaml');
  await writeFile(config, configOf(file, place));
  const credentials = {
    AWS_ACCESS_KEY_ID: place.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: place.credentials.secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const ours = await world.serve('recording', { ALERT_WATCHER_CONFIG: config, ...credentials });
  const bareEnv = { AW_S3_ENDPOINT: place.endpoint, AW_S3_BUCKET: place.bucket, ...credentials };
  return [ours, await world.start('bare-copy', [bareCopy], bareEnv)];
}

export const recordingBench: Bench = {
  name: 'recording',
  title: 'A recording of 300 MB to S3, against a bare copy through the same parts',
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const world = await openBenchWorld(ends, { profileTo });
    const file = join(world.directory, 'large.jfr');
    const megabytes = writeRecording(file) / 1e6;
    const [ours, bare] = await startParts(world, file);
    const rates: number[] = [];
    const ceilings: number[] = [];
    // The first of each is the warm-up.
    for (let index = 0; index <= samples; index += 1) {
      rates.push(megabytes / (await collect(world.connection, ours.url, `pod-${String(index)}`)));
      ceilings.push(megabytes / (await copyBare(bare, file, `copy-${String(index)}`)));
    }
    return figuresOf(rates.slice(1), ceilings.slice(1), await mostResidentOf(ours));
  },
};

function figuresOf(rates: number[], ceilings: number[], resident: number): Figure[] {
  const ratio = median(rates) / median(ceilings);
  return [
    {
      what: '300 MB from the collector to S3',
      measured: `${number(median(rates))} MB/s`,
      ceiling: `${number(median(ceilings))} MB/s`,
      ratio,
      goal: `≥ ${String(atLeastRatio)}`,
      met: ratio >= atLeastRatio,
    },
    {
      what: 'the same: most resident memory of the service',
      measured: `${number(resident / 1e6)} MB`,
      goal: `≤ ${number(mostResidentBytes / 1e6)} MB`,
      met: resident <= mostResidentBytes,
    },
  ];
}
