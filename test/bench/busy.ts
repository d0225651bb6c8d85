import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { metricOf } from './metrics.ts';
import { post } from './post.ts';
import { type Figure, median, number, percentile } from './report.ts';
import type { Bench } from './run.ts';
import { createBenchWorld } from './world.ts';

const collections = 10_000;
const collected = 'CrateDBContainerRestart';
const requestsPerSecond = 250;
const sampleSeconds = 8;
const warmUpSeconds = 4;
const connections = 32;
/** A process tells the server every 5 s that it still works on a message: from then on all of them are told. */
const settleMs = 6_000;

/** Posts alerts that lead to nothing, on a fixed schedule; the milliseconds until each was answered. */
async function answeredAfter(url: string, pods: string, seconds: number): Promise<number[]> {
  const perSecond = requestsPerSecond;
  const labels = { alertname: 'NothingIsCollected' };
  const order = { urls: [url], pods, requests: perSecond * seconds, alertsPerRequest: 1, connections, perSecond }; // prettier-ignore
  const posted = await post({ ...order, labels });
  return posted.map(({ answeredAfterMs }) => answeredAfterMs);
}

async function sampled(url: string, name: string, samples: number): Promise<number[][]> {
  const all: number[][] = [];
  for (let sample = 0; sample < samples; sample += 1)
    all.push(await answeredAfter(url, `${name}-${String(sample)}`, sampleSeconds));
  return all;
}

const inFlight = (url: string) => metricOf(url, 'alert_watcher_in_flight', { consumer: 'collect' });

async function beginCollections(url: string): Promise<void> {
  const alertsPerRequest = 25;
  const labels = { alertname: collected };
  const requests = collections / alertsPerRequest;
  await post({ urls: [url], pods: 'collected', requests, alertsPerRequest, connections: 16, labels });
  const isUnderWay = async () => (await inFlight(url)) === collections;
  await until(`${number(collections)} collections to be in flight`, isUnderWay, 300_000);
  await delay(settleMs);
}

async function assertStillInFlight(url: string): Promise<void> {
  const running = await inFlight(url);
  if (running === collections) return;
  throw new Error(`${number(running)} of ${number(collections)} collections were in flight at the end`);
}

export const busyBench: Bench = {
  name: 'busy',
  title: 'Webhook in while 10,000 collections are in flight, against the same process before them',
  run: async ({ samples, profileTo }) => {
    const world = await createBenchWorld({ profileTo });
    try {
      const config = join(world.directory, 'config.yaml');
      await writeFile(
        config,
        `collections: [{ match: ['alertname="${collected}"'], collector: sim, durationSeconds: 3600 }]
collectors: { sim: { driver: simulated } }
`,
      );
      const { url } = await world.serve('busy', {
        ALERT_WATCHER_CONFIG: config,
        MAX_CONCURRENT_COLLECTIONS: String(collections),
        SHUTDOWN_GRACE_SECONDS: '0',
      });
      await answeredAfter(url, 'warm-up', warmUpSeconds);
      const idle = await sampled(url, 'idle', samples);
      await beginCollections(url);
      const busy = await sampled(url, 'busy', samples);
      await assertStillInFlight(url);
      return [figureOf(0.5, busy, idle), figureOf(0.99, busy, idle)];
    } finally {
      await world.close();
    }
  },
};

function figureOf(part: number, busy: number[][], idle: number[][]): Figure {
  const measured = median(busy.map((each) => percentile(each, part)));
  const ceiling = median(idle.map((each) => percentile(each, part)));
  const ratio = measured / ceiling;
  const what = `webhook at ${String(requestsPerSecond)}/s, ${number(collections)} collections in flight`;
  const figure = {
    what: `${what}: p${String(part * 100)}`,
    measured: `${measured.toFixed(1)} ms`,
    ceiling: `${ceiling.toFixed(1)} ms`,
    ratio,
  };
  return part === 0.99 ? { ...figure, goal: '≤ 2 × idle', met: ratio <= 2 } : { ...figure, goal: 'reported' };
}
