import { fileURLToPath } from 'node:url';
import { openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { type Load, load } from './load.ts';
import { type Figure, median, number } from './report.ts';
import type { Bench, BenchArguments } from './run.ts';
import { type BenchWorld, createBenchWorld, type Started } from './world.ts';

const bareServer = fileURLToPath(new URL('bare-server.ts', import.meta.url));
/**
 * Alerts in one request, and connections: bodies of megabytes come from a few Alertmanagers, not from dozens. The seconds are
 * enough for many requests on each connection: one that is not answered at the end of a sample does not count.
 */
const cases = [
  { alerts: 1, connections: 64, atLeast: 0.85, seconds: { '2m': 4, always: 12 } },
  { alerts: 25, connections: 64, atLeast: 0.85, seconds: { '2m': 4, always: 12 } },
  { alerts: 500, connections: 8, atLeast: 1.5, seconds: { '2m': 6, always: 30 } },
  { alerts: 5_000, connections: 2, atLeast: 1.5, seconds: { '2m': 12, always: 40 } },
];
const warmUpSeconds = 2;

type Case = (typeof cases)[number];

async function compare(
  syncInterval: 'always' | '2m',
  of: readonly Case[],
  options: BenchArguments,
): Promise<Figure[]> {
  const world = await createBenchWorld({ syncInterval, profileTo: options.profileTo });
  try {
    const ours = await world.serve('ours', { ROLES: 'ingest' });
    const bare = await world.start('bare', [bareServer], {});
    const figures: Figure[] = [];
    for (const each of of) {
      const [loads, ceilings] = await alternate(
        world,
        [ours, bare],
        { ...each, seconds: each.seconds[syncInterval] },
        options.samples,
      );
      figures.push(...figuresOf(each, syncInterval, loads, ceilings));
    }
    return figures;
  } finally {
    await world.close();
  }
}

/** In turns, so that what changes meanwhile (a growing stream, a busy machine) touches both. */
async function alternate(
  world: BenchWorld,
  [ours, bare]: [Started, Started],
  each: Omit<Case, 'seconds'> & { seconds: number },
  samples: number,
) {
  const { alerts, connections, seconds } = each;
  const { directory } = world;
  const common = { directory, alertsPerRequest: alerts, connections };
  const loads: Load[] = [];
  const ceilings: Load[] = [];
  for (const { url } of [ours, bare]) await load({ ...common, url, seconds: warmUpSeconds });
  for (let sample = 0; sample < samples; sample += 1) {
    loads.push(await load({ ...common, url: ours.url, seconds }));
    ceilings.push(await load({ ...common, url: bare.url, seconds }));
    await empty(world);
  }
  return [loads, ceilings] as const;
}

// A stream of gigabytes is not what is measured here.
async function empty({ nats }: BenchWorld): Promise<void> {
  const connection = await openConnection(nats.url);
  await connection.jsm.streams.purge(streamName);
  await connection.close();
}

function figuresOf({ alerts, atLeast }: Case, sync: string, loads: Load[], ceilings: Load[]): Figure[] {
  const rate = ({ requests, seconds }: Load) => (requests * alerts) / seconds;
  const ratio = median(loads.map(rate)) / median(ceilings.map(rate));
  const slower = median(loads.map(({ p99Ms }) => p99Ms)) / median(ceilings.map(({ p99Ms }) => p99Ms));
  const least = sync === 'always' ? 0.9 : atLeast;
  const what = `${number(alerts)} ${alerts === 1 ? 'alert' : 'alerts'} a request${sync === 'always' ? ', `sync_interval: always`' : ''}`;
  const milliseconds = (all: Load[]) => `${median(all.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`;
  const throughput: Figure = {
    what,
    measured: `${number(median(loads.map(rate)))} alerts/s`,
    ceiling: `${number(median(ceilings.map(rate)))} alerts/s`,
    ratio,
    goal: `≥ ${String(least)}`,
    met: ratio >= least,
  };
  if (alerts > 25 || sync === 'always') return [throughput];
  const latency = { what: `${what}: p99`, measured: milliseconds(loads), ceiling: milliseconds(ceilings) };
  return [throughput, { ...latency, ratio: slower, goal: '≤ 1.3', met: slower <= 1.3 }];
}

export const webhookBench: Bench = {
  name: 'webhook',
  title: 'Webhook in, against a bare Fastify route that publishes the same subjects, headers and bytes',
  run: async (options) => [
    ...(await compare('2m', cases, options)),
    ...(await compare('always', cases, options)),
  ],
};
