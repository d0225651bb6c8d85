import { collectAll, purgeAll, writeInstantConfig } from './collecting.ts';
import { bytesOf, captureOne, publishAll, startPublishers } from './one-collection.ts';
import { median, number } from './report.ts';
import type { Bench } from './run.ts';
import { openBenchWorld } from './world.ts';

const pods = 4_000;
const warmUpPods = 1_000;
const atLeastPerSecond = 500;
/** As many as the service decides on at once. */
const inFlight = 256;

export const collectionsBench: Bench = {
  name: 'collections',
  title: 'From alerts to uploaded recordings, against the same messages published by a bare loop',
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const world = await openBenchWorld(ends, { profileTo });
    // Of its own: a service would take up what is published.
    const bareWorld = await openBenchWorld(ends, { profileTo });
    const { connection } = world;
    const config = await writeInstantConfig(world.directory);
    const { url } = await world.serve('collections', { ALERT_WATCHER_CONFIG: config });
    const messages = await captureOne(connection, url, 'captured');
    const publishers = await startPublishers(bareWorld, messages, 1);
    await collectAll(connection, [url], 'warm-up', warmUpPods);
    await publishAll(publishers, warmUpPods, inFlight);
    const rates: number[] = [];
    const ceilings: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      rates.push(pods / (await collectAll(connection, [url], `sample-${String(sample)}`, pods)));
      ceilings.push(pods / (await publishAll(publishers, pods, inFlight)));
      for (const each of [world, bareWorld]) await purgeAll(each.connection);
    }
    const rate = median(rates);
    const size = `${String(messages.length)} messages, ${String(Math.round(bytesOf(messages) / 1e3))} kB each`;
    return [
      {
        what: `collections finished (${size})`,
        measured: `${number(rate)}/s`,
        ceiling: `${number(median(ceilings))}/s`,
        ratio: rate / median(ceilings),
        goal: `≥ ${String(atLeastPerSecond)}/s`,
        met: rate >= atLeastPerSecond,
      },
    ];
  },
};
