import { collectAll, purgeAll, writeConfig } from './collecting.ts';
import { bytesOf, captureOne, publishAll, startPublishers } from './one-collection.ts';
import { median, number } from './report.ts';
import type { Bench } from './run.ts';
import { openBenchWorld } from './world.ts';

const pods = 4_000;
const warmUpPods = 1_000;
const atLeastPerSecond = 500;
/** As many as the service decides on at once. */
const inFlight = 256;

type World = Awaited<ReturnType<typeof openBenchWorld>>;

export const collectionsBench: Bench = {
  name: 'collections',
  title: 'From alerts to uploaded recordings, against the same messages published by a bare loop',
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const world = await openBenchWorld(ends, { profileTo });
    // Of its own: a service would take up what is published.
    const bareWorld = await openBenchWorld(ends, { profileTo });
    const { connection } = world;
    const service = await world.serve('collections', {
      ALERT_WATCHER_CONFIG: await writeConfig(world.directory, 'instant'),
    });
    const { url } = service;
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
    await service.stop();
    const program = await rateByProgram(world);
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
      { what: 'by a program that writes a file', measured: `${number(program)}/s`, goal: 'reported' },
    ];
  },
};

/** What a fork, a directory and a file for each attempt leave of it. */
async function rateByProgram({ directory, connection, serve }: World): Promise<number> {
  const config = await writeConfig(directory, 'program');
  const { url } = await serve('by-program', { ALERT_WATCHER_CONFIG: config });
  await collectAll(connection, [url], 'program-warm-up', warmUpPods);
  return warmUpPods / (await collectAll(connection, [url], 'program', warmUpPods));
}
