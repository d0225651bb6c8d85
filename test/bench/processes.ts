import type { Connection } from '../../src/log/connection.ts';
import { collectAll, eventsByPod, purgeAll, writeConfig } from './collecting.ts';
import { metricOf } from './metrics.ts';
import { captureOne, publishAll, startPublishers } from './one-collection.ts';
import { type Figure, median, number } from './report.ts';
import type { Bench } from './run.ts';
import { openBenchWorld, type Started } from './world.ts';

const counts = [1, 2, 4];
const pods = 2_000;
const warmUpPods = 500;
/** As many as one service decides on at once. */
const inFlight = 256;

type World = Awaited<ReturnType<typeof openBenchWorld>>;

/** What so many processes do: collections a second of each sample, and what was done more than once. */
interface Measured {
  rates: number[];
  ceilings: number[];
  surplus: number;
}

export const processesBench: Bench = {
  name: 'processes',
  title: 'One, two and four processes that share the stream, against as many bare publishers',
  run: async ({ samples, profileTo }) => {
    await using ends = new AsyncDisposableStack();
    const ours = await openBenchWorld(ends, { profileTo });
    // Of its own: the services would take up what is published.
    const bare = await openBenchWorld(ends, { profileTo });
    const config = await writeConfig(ours.directory, 'instant');
    const services: Started[] = [];
    const figures: Figure[] = [];
    let surplus = 0;
    for (const count of counts) {
      while (services.length < count) {
        const name = `process-${String(services.length + 1)}`;
        services.push(await ours.serve(name, { ALERT_WATCHER_CONFIG: config }));
      }
      const measured = await measure(ours, bare, services, samples);
      surplus += measured.surplus;
      figures.push(figureOf(count, measured));
    }
    const total = counts.length * (pods * samples + warmUpPods + 1);
    return [
      ...figures,
      {
        what: `attempts and events beyond one for each of ${number(total)} collections`,
        measured: number(surplus),
        goal: '0',
        met: surplus === 0,
      },
    ];
  },
};

async function measure(ours: World, bare: World, services: Started[], samples: number): Promise<Measured> {
  const urls = services.map(({ url }) => url);
  const name = `of-${String(services.length)}`;
  const doneBefore = await attemptsOf(urls);
  const messages = await captureOne(ours.connection, urls[0] ?? '', `${name}-captured`);
  const publishers = await startPublishers(bare, messages, services.length);
  await collectAll(ours.connection, urls, `${name}-warm-up`, warmUpPods);
  await publishAll(publishers, warmUpPods, inFlight);
  const measured: Measured = { rates: [], ceilings: [], surplus: 0 };
  for (let sample = 0; sample < samples; sample += 1) {
    const seconds = await collectAll(ours.connection, urls, `${name}-${String(sample)}`, pods);
    measured.rates.push(pods / seconds);
    measured.ceilings.push(pods / (await publishAll(publishers, pods, inFlight)));
    for (const type of ['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'])
      measured.surplus += await eventsBeyondOne(ours.connection, type);
    for (const { connection } of [ours, bare]) await purgeAll(connection);
  }
  for (const publisher of publishers) await publisher.stop();
  // An attempt to collect and one to upload for each; the events alone would hide what the server's duplicate check refused.
  const collections = 1 + warmUpPods + pods * samples;
  measured.surplus += (await attemptsOf(urls)) - doneBefore - 2 * collections;
  return measured;
}

async function eventsBeyondOne(connection: Connection, type: string): Promise<number> {
  const events = await eventsByPod(connection, type);
  return [...events.values()].reduce((sum, count) => sum + count - 1, 0);
}

async function attemptsOf(urls: readonly string[]): Promise<number> {
  const attempts = urls.map((url) => metricOf(url, 'alert_watcher_attempts_total', {}));
  return (await Promise.all(attempts)).reduce((sum, each) => sum + each, 0);
}

function figureOf(count: number, { rates, ceilings }: Measured): Figure {
  const rate = median(rates);
  const ceiling = median(ceilings);
  return {
    what: `${String(count)} ${count === 1 ? 'process' : 'processes'}`,
    measured: `${number(rate)} collections/s`,
    ceiling: `${number(ceiling)} collections/s`,
    ratio: rate / ceiling,
    goal: 'reported',
  };
}
