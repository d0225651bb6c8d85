import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { streamName } from '../../src/log/streams/definitions.ts';
import { startWithAccounts } from '../support/nats-accounts.ts';
import { type Load, load } from './load.ts';
import { type Figure, median, number } from './report.ts';
import type { Bench } from './run.ts';
import { openBenchWorld } from './world.ts';

const cases = [
  { alerts: 1, connections: 64, seconds: 4 },
  { alerts: 25, connections: 64, seconds: 4 },
  { alerts: 500, connections: 8, seconds: 6 },
];
const warmUpSeconds = 2;

export const edgeBench: Bench = {
  name: 'edge',
  title:
    'Webhook in at the edge (EDGE), taken over by an intake, against a process that writes to the stream itself',
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const world = await openBenchWorld(ends, { profileTo });
    const nats = ends.adopt(await startWithAccounts(), ({ stop }) => stop());
    const serve = (user: string, roles: string, env = {}) =>
      world.serve(user, {
        NATS_URL: nats.urlOf(user),
        NATS_INBOX_PREFIX: `_INBOX_${user}`,
        ROLES: roles,
        ...env,
      });
    // For both: it takes over, and decides that nothing comes of the alerts.
    const config = join(world.directory, 'nothing.yaml');
    await writeFile(config, 'collections: []\n');
    await serve('intake', 'intake', { ALERT_WATCHER_CONFIG: config });
    const edge = await serve('ingest', 'ingest', { EDGE: 'true' });
    const direct = await serve('all', 'ingest');
    const { jsm } = await nats.as('admin');
    const figures: Figure[] = [];
    for (const { alerts, connections, seconds } of cases) {
      const common = { directory: world.directory, alertsPerRequest: alerts, connections };
      const [loads, ceilings]: [Load[], Load[]] = [[], []];
      for (const { url } of [edge, direct]) await load({ ...common, url, seconds: warmUpSeconds });
      for (let sample = 0; sample < samples; sample += 1) {
        loads.push(await load({ ...common, url: edge.url, seconds }));
        ceilings.push(await load({ ...common, url: direct.url, seconds }));
        await jsm.streams.purge(streamName);
      }
      const rateOf = (all: Load[]) => median(all.map((each) => (each.requests * alerts) / each.seconds));
      const p99Of = (all: Load[]) => median(all.map(({ p99Ms }) => p99Ms));
      const what = `${number(alerts)} ${alerts === 1 ? 'alert' : 'alerts'} a request`;
      figures.push(
        {
          what,
          measured: `${number(rateOf(loads))} alerts/s`,
          ceiling: `${number(rateOf(ceilings))} alerts/s`,
          ratio: rateOf(loads) / rateOf(ceilings),
          goal: 'reported',
        },
        {
          what: `${what}: p99`,
          measured: `${p99Of(loads).toFixed(1)} ms`,
          ceiling: `${p99Of(ceilings).toFixed(1)} ms`,
          ratio: p99Of(loads) / p99Of(ceilings),
          goal: 'reported',
        },
      );
    }
    return figures;
  },
};
