import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { collectionIdOf, receptionIdOf } from '../../src/events/ids.ts';
import { createEvent, type Event } from '../../src/events/envelope.ts';
import { timeOf } from '../../src/events/instant.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { append } from '../../src/log/write/append.ts';
import { plan, recording } from '../support/events.ts';
import { type Figure, number } from './report.ts';
import type { Bench, BenchArguments } from './run.ts';
import { createBenchWorld } from './world.ts';

const chromiumPath = '/usr/bin/chromium';
const active = 1_000;
const changesPerSecond = 20;
const mostOfACore = 0.2;
/** Of the heap, from the middle of the time to its end. */
const mostGrowth = 1.05;

/** What happens to one recording after another, each event a change that the page shows. */
function* changes(): Generator<Event> {
  const places = Array.from({ length: active }, (_, index) => ({ index, round: 0 }));
  for (const place of places) yield* begun(place.index, place.round);
  for (let turn = 0; ; turn += 1) {
    const place = places[turn % active] as (typeof places)[number];
    yield* ended(place.index, place.round);
    place.round += 1;
    yield* begun(place.index, place.round);
  }
}

function of(index: number, round: number) {
  const name = (index + 1).toString(16).padStart(16, '0');
  const alertId = `${name}${String(round).padStart(48, '0')}`;
  const trigger = { alertId, alertname: 'CrateDBContainerRestart', fingerprint: name, startsAt: '2026-11-20T19:10:36Z' }; // prettier-ignore
  const causeId = receptionIdOf(alertId, 0n);
  const place = { kubeContext: 'aks1-westeurope-prod', namespace: `shop-${String(index % 20)}`, pod: `crate-${String(index)}` }; // prettier-ignore
  const data = { ...place, collectionId: collectionIdOf(causeId) };
  return { data, trigger, meta: () => ({ part: 'bench', time: timeOf(Date.now()), causeId }) };
}

function* begun(index: number, round: number): Generator<Event> {
  const { data, trigger, meta } = of(index, round);
  yield createEvent('CollectionRequested', { ...data, trigger, plan }, meta());
  yield createEvent('CollectionAttemptStarted', { ...data, run: 1, attempt: 1, by: { host: 'h', process: 'p' } }, meta()); // prettier-ignore
}

function* ended(index: number, round: number): Generator<Event> {
  const { data, meta } = of(index, round);
  const uploaded = {
    url: 's3://bucket/key.jfr',
    bytes: recording.bytes,
    sha256: recording.sha256,
    tookMs: 80,
  };
  yield createEvent('JfrCollected', { ...data, run: 1, attempt: 1, recording, tookMs: 30_500 }, meta());
  yield createEvent('Uploaded', { ...data, run: 1, attempt: 1, ...uploaded }, meta());
}

/** How fast changes come now. */
interface Pace {
  perSecond: number;
}

/** Appends at the pace until it is told to stop. */
async function change(connection: Connection, events: Generator<Event>, pace: Pace, signal: AbortSignal) {
  for (let next = performance.now(); !signal.aborted; next += 1_000 / pace.perSecond) {
    const early = next - performance.now();
    if (early > 0) await delay(early);
    else next = Math.max(next, performance.now() - 100);
    await append(connection, events.next().value as Event);
  }
}

/** What the page keeps at most has come by then: only after it can its memory be flat. */
async function fill(pace: Pace): Promise<void> {
  pace.perSecond = 1_000;
  await delay(15_000);
  pace.perSecond = changesPerSecond;
  await delay(2_000);
}

/** The share of a core that the page's main thread is busy for, and its heap after half of the time and at the end, in bytes. */
async function watch(page: Page, seconds: number): Promise<{ share: number; heaps: number[] }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const [began, busyBefore] = [performance.now(), await metric(cdp, 'TaskDuration')];
  const heaps: number[] = [];
  for (const half of [1, 2]) {
    await delay((seconds * 1_000 * half) / 2 - (performance.now() - began));
    await cdp.send('HeapProfiler.collectGarbage');
    heaps.push(await metric(cdp, 'JSHeapUsedSize'));
  }
  const busy = (await metric(cdp, 'TaskDuration')) - busyBefore;
  return { share: (busy * 1_000) / (performance.now() - began), heaps };
}

async function metric(cdp: CDPSession, name: string): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
}

/** A page that reads the same feed and does nothing with it. */
const bare = `new EventSource('/api/v1/events').addEventListener('Uploaded', ({ data }) => JSON.parse(data))`;

async function run({ pods }: BenchArguments): Promise<Figure[]> {
  if (!existsSync(chromiumPath)) throw new Error(`this benchmark needs ${chromiumPath}`);
  const seconds = pods < 100_000 ? 60 : 600;
  const world = await createBenchWorld({});
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const stop = new AbortController();
  const connection = await openConnection(world.nats.url);
  try {
    const { url } = await world.serve('api', { ROLES: 'api', LOG_LEVEL: 'warn' });
    const events = changes();
    for (let index = 0; index < 2 * active; index += 1)
      await append(connection, events.next().value as Event);
    const pace = { perSecond: changesPerSecond };
    const changing = change(connection, events, pace, stop.signal);
    const figures: Figure[] = [];
    const empty = await browser.newPage();
    await empty.goto(`${url}/page/icon.svg`);
    await empty.evaluate(bare);
    const ceiling = await watch(empty, 20);
    await empty.close();
    for (const path of ['/', '/recordings']) {
      const page = await browser.newPage();
      await page.goto(url + path);
      await page.locator('[data-row]').first().waitFor();
      await fill(pace);
      const { share, heaps } = await watch(page, seconds);
      await page.close();
      figures.push(...figuresOf(path, seconds, { share, heaps }, ceiling.share));
    }
    stop.abort();
    await changing;
    return figures;
  } finally {
    stop.abort();
    await browser.close();
    await connection.close();
    await world.close();
  }
}

function figuresOf(
  path: string,
  seconds: number,
  { share, heaps }: { share: number; heaps: number[] },
  ceiling: number,
) {
  const [middle = Number.NaN, end = Number.NaN] = heaps;
  const percent = (part: number) => `${number(part * 100)} % of a core`;
  return [
    {
      what: `main thread of \`${path}\`, ${number(active)} under way, ${String(changesPerSecond)} changes/s`,
      ...{ measured: percent(share), ceiling: percent(ceiling), ratio: share / ceiling },
      ...{ goal: `≤ ${String(mostOfACore * 100)} %`, met: share <= mostOfACore },
    },
    {
      what: `heap of \`${path}\` after ${number(seconds)} s, against after half of that`,
      ...{ measured: mebibytes(end), ceiling: mebibytes(middle), ratio: end / middle },
      ...{ goal: `≤ ${String(mostGrowth)}`, met: end / middle <= mostGrowth },
    },
  ];
}

function mebibytes(bytes: number): string {
  return `${number(bytes / 2 ** 20)} MiB`;
}

export const pageBench: Bench = {
  name: 'page',
  title: 'The page in a storm, against a page that reads the feed and shows nothing',
  run,
};
