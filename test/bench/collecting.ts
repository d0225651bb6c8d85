import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from '../../src/log/connection.ts';
import { recordingsBucket, stagingBucket, streamName } from '../../src/log/streams/definitions.ts';
import { until } from '../support/until.ts';
import { post } from './post.ts';

const alertsPerRequest = 25;
const connections = 16;
const patienceMs = 300_000;

const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const collectors = {
  /** Takes no time: hands out a file that is there. */
  instant: '{ driver: simulated, tookSeconds: 0 }',
  /** Writes the same file, as a program does that records something. */
  program: `{ command: [cp, ${JSON.stringify(sample)}, out.jfr], allowEarlierStart: true }`,
};

/** A configuration with that collector, whose recordings stay in the object store; its path. */
export async function writeConfig(directory: string, collector: keyof typeof collectors): Promise<string> {
  const path = join(directory, `${collector}.yaml`);
  const yaml = `collections: [{ match: ['alertname=~".+"'], collector: it, durationSeconds: 0.001, timeoutSeconds: 60 }]
collectors: { it: ${collectors[collector]} }
`;
  await writeFile(path, yaml);
  return path;
}

/**
 * Alerts so many new pods (a multiple of 25), whose names begin with `pods`, by webhooks of 25 alerts, and waits until each
 * has its recording at the destination. Gives the seconds from the first webhook to the last Uploaded.
 */
export async function collectAll(
  { nc }: Connection,
  urls: readonly string[],
  pods: string,
  count: number,
): Promise<number> {
  const uploaded = new Set<string>();
  let lastAt = 0;
  const subscription = nc.subscribe('aw.collection.*.*.*.Uploaded', {
    callback: (_error, { subject }) => {
      uploaded.add(subject);
      lastAt = performance.timeOrigin + performance.now();
    },
  });
  await nc.flush();
  const requests = count / alertsPerRequest;
  const posted = await post({ urls, pods, requests, alertsPerRequest, connections });
  await until(`${String(count)} recordings to be uploaded`, () => uploaded.size >= count, patienceMs);
  subscription.unsubscribe();
  return (lastAt - Math.min(...posted.map(({ at }) => at))) / 1_000;
}

/** How many events of a type there are on the stream, by subject: one subject for each pod. */
export async function eventsByPod({ jsm }: Connection, type: string): Promise<Map<string, number>> {
  const { state } = await jsm.streams.info(streamName, { subjects_filter: `aw.collection.*.*.*.${type}` });
  return new Map(Object.entries(state.subjects ?? {}));
}

/** Empties the stream and the buckets: gigabytes of earlier recordings are not what is measured. */
export async function purgeAll({ jsm }: Connection): Promise<void> {
  for (const stream of [streamName, `OBJ_${stagingBucket}`, `OBJ_${recordingsBucket}`])
    await jsm.streams.purge(stream);
}
