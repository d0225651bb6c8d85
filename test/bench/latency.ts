import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import { post } from './post.ts';
import { type Figure, median, percentile } from './report.ts';
import type { Bench } from './run.ts';
import { createBenchWorld, type Started } from './world.ts';

const bareCollector = fileURLToPath(new URL('bare-collector.ts', import.meta.url));
const alertsPerSecond = 100;
const sampleSeconds = 10;
const warmUpSeconds = 4;
const connections = 32;
/**
 * Given a relative time, touch reads the clock itself, to the nanosecond; without one the kernel would take the time of its
 * last tick. So a file's time less this is when its touch ran.
 */
const aheadMs = 1_000;

/** Posts on a fixed schedule and gives, for each alert, the milliseconds until the program that it started ran. */
async function startsAfter(service: Started, marks: string, pods: string, seconds: number) {
  const requests = alertsPerSecond * seconds;
  const perSecond = alertsPerSecond;
  const posted = await post({ urls: [service.url], pods, requests, alertsPerRequest: 1, connections, perSecond }); // prettier-ignore
  const areAllThere = async () => (await readdir(marks)).filter((name) => name.startsWith(`${pods}-`)).length === requests; // prettier-ignore
  await until(`${String(requests)} programs to be started`, areAllThere, 60_000);
  const latencies = posted.map(async ({ pod, at }) => {
    const { mtimeNs } = await stat(join(marks, pod), { bigint: true });
    return Number(mtimeNs) / 1e6 - aheadMs - at;
  });
  return Promise.all(latencies);
}

function configOf(marks: string): string {
  const command = ['touch', '-d', '1 second', join(marks, '{pod}')];
  return `collections: [{ match: ['alertname=~".+"'], collector: touch, durationSeconds: 1, maxAttempts: 1 }]
collectors: { touch: { command: ${JSON.stringify(command)} } }
`;
}

export const latencyBench: Bench = {
  name: 'latency',
  title: 'From the alert to the collector process, against a bare route, message and spawn',
  run: async ({ samples, profileTo }) => {
    const world = await createBenchWorld({ profileTo });
    try {
      const marks = join(world.directory, 'marks');
      await mkdir(marks);
      const config = join(world.directory, 'config.yaml');
      await writeFile(config, configOf(marks));
      const ours = await world.serve('latency', { ALERT_WATCHER_CONFIG: config });
      const bare = await world.start('bare-collector', [bareCollector], { AW_MARKS: marks });
      await startsAfter(ours, marks, 'ours-warm', warmUpSeconds);
      await startsAfter(bare, marks, 'bare-warm', warmUpSeconds);
      const latencies: number[][] = [];
      const ceilings: number[][] = [];
      for (let sample = 0; sample < samples; sample += 1) {
        latencies.push(await startsAfter(ours, marks, `ours-${String(sample)}`, sampleSeconds));
        ceilings.push(await startsAfter(bare, marks, `bare-${String(sample)}`, sampleSeconds));
      }
      return [figureOf(0.5, 5, latencies, ceilings), figureOf(0.99, 25, latencies, ceilings)];
    } finally {
      await world.close();
    }
  },
};

function figureOf(part: number, atMostMs: number, latencies: number[][], ceilings: number[][]): Figure {
  const measured = median(latencies.map((each) => percentile(each, part)));
  const ceiling = median(ceilings.map((each) => percentile(each, part)));
  return {
    what: `alert posted → collector started, ${String(alertsPerSecond)} alerts/s: p${String(part * 100)}`,
    measured: `${measured.toFixed(1)} ms`,
    ceiling: `${ceiling.toFixed(1)} ms`,
    ratio: measured / ceiling,
    goal: `≤ ${String(atMostMs)} ms`,
    met: measured <= atMostMs,
  };
}
