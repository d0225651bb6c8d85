import { execa } from 'execa';
import { connect } from 'nats';
import type { PodSnapshot } from '../../src/collection/pod/machine.ts';
import type { PodEvent } from '../../src/collection/pod/context.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { snapshotsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { listObjects } from '../../src/log/objects/store.ts';
import { asNpmStart } from '../support/process.ts';
import { until } from '../support/until.ts';
import { appendHistory, decoded, eventsPerPod, foldBare, history } from './history.ts';
import { type Figure, median, number } from './report.ts';
import type { Bench, BenchArguments } from './run.ts';
import { type BenchWorld, createBenchWorld } from './world.ts';

const leastRatio = 0.7;
const mostSecondsWithSnapshot = 2.5;
/** The service keeps the next snapshot when so many events are behind the last one (the default). */
const podsBehindSnapshot = 20_000 / eventsPerPod;
/** As the service asks for them. */
const messagesInFlight = 10_000;
const filterSubjects = ['aw.collection.>'];
const eventsAtOnce = 1_000;

/** One of each sample. */
type Seconds = Record<'empty' | 'full' | 'snapshot' | 'consume' | 'transitions', number[]>;

const wholeLog = { ROLES: 'api', SNAPSHOT_EVERY_EVENTS: '0' };
const withSnapshots = { ROLES: 'api' };

/** Starts the service without its reactors and stops it when it is ready; the seconds from spawn until then. */
async function secondsUntilReady(
  world: BenchWorld,
  name: string,
  env: Record<string, string>,
): Promise<number> {
  const begin = performance.now();
  const service = await world.serve(name, env);
  const seconds = (performance.now() - begin) / 1_000;
  await service.stop();
  return seconds;
}

/** Lets the service keep a snapshot of the whole log, which it does once a minute, and appends what may lie behind one. */
async function keepSnapshot(world: BenchWorld, connection: Connection, pods: number): Promise<void> {
  const service = await world.serve('keeps-snapshot', withSnapshots);
  const isKept = async () => (await listObjects(connection, snapshotsBucket)).length > 0;
  await until('a snapshot to be kept', isKept, 180_000);
  await service.stop();
  await appendHistory(connection, podsBehindSnapshot, pods);
}

/** The seconds that one of the bare parts takes in a process of its own. */
async function bareSeconds(part: 'consume' | 'transitions', pods: number, natsUrl: string): Promise<number> {
  const { stdout } = await execa(process.execPath, [...asNpmStart, import.meta.filename, part, String(pods), natsUrl]); // prettier-ignore
  return Number(stdout);
}

async function consumeBare(pods: number, natsUrl: string): Promise<number> {
  const connection = await connect({ servers: natsUrl });
  const begin = performance.now();
  const consumer = await connection.jetstream().consumers.get(streamName, { filterSubjects });
  let left = pods * eventsPerPod;
  for await (const message of await consumer.consume({ max_messages: messagesInFlight })) {
    message.json();
    left -= 1;
    if (left === 0) break;
  }
  const seconds = (performance.now() - begin) / 1_000;
  await connection.close();
  return seconds;
}

/** Only the transitions are timed; the events are made and decoded a few at a time in between. */
function transitionsBare(pods: number): number {
  const snapshots = new Map<string, PodSnapshot>();
  let decodedEvents: { subject: string; event: PodEvent }[] = [];
  let milliseconds = 0;
  const fold = () => {
    const begin = performance.now();
    for (const { subject, event } of decodedEvents) foldBare(snapshots, subject, event);
    milliseconds += performance.now() - begin;
    decodedEvents = [];
  };
  for (const event of history(pods)) {
    decodedEvents.push({ subject: podSubject(event.data), event: decoded(event) });
    if (decodedEvents.length === eventsAtOnce) fold();
  }
  fold();
  return milliseconds / 1_000;
}

async function run({ samples, profileTo, pods }: BenchArguments): Promise<Figure[]> {
  const world = await createBenchWorld({ profileTo });
  const connection = await openConnection(world.nats.url);
  const repeat = async (measure: (sample: string) => Promise<void>) => {
    for (let sample = 1; sample <= samples; sample += 1) await measure(String(sample));
  };
  try {
    // Compiled code is kept on disk for the starts after this one.
    await secondsUntilReady(world, 'first-start', wholeLog);
    const seconds: Seconds = { empty: [], full: [], snapshot: [], consume: [], transitions: [] };
    await repeat(async (sample) => {
      seconds.empty.push(await secondsUntilReady(world, `empty-start-${sample}`, wholeLog));
    });
    await appendHistory(connection, pods);
    await repeat(async (sample) => {
      seconds.full.push(await secondsUntilReady(world, `cold-start-${sample}`, wholeLog));
      seconds.consume.push(await bareSeconds('consume', pods, world.nats.url));
      seconds.transitions.push(await bareSeconds('transitions', pods, world.nats.url));
    });
    await keepSnapshot(world, connection, pods);
    await repeat(async (sample) => {
      seconds.snapshot.push(await secondsUntilReady(world, `snapshot-start-${sample}`, withSnapshots));
    });
    return figuresOf(pods, seconds);
  } finally {
    await connection.close();
    await world.close();
  }
}

function figuresOf(pods: number, seconds: Seconds): Figure[] {
  const events = pods * eventsPerPod;
  const rate = (of: number) => `${number(events / of)} events/s`;
  const folding = median(seconds.full) - median(seconds.empty);
  const beside = (what: string, bare: number) => ({
    what,
    measured: rate(folding),
    ceiling: rate(bare),
    ratio: bare / folding,
  });
  const start = (what: string, of: number[]) => ({ what, measured: `${median(of).toFixed(2)} s`, goal: '' });
  const [consume, transitions] = [median(seconds.consume), median(seconds.transitions)];
  const slower = beside('folded until ready, beside the slower of both', Math.max(consume, transitions));
  const snapshot = start(
    `spawn until ready: a snapshot and ${number(podsBehindSnapshot * eventsPerPod)} events behind it`,
    seconds.snapshot,
  );
  return [
    { ...slower, goal: `≥ ${String(leastRatio)}`, met: slower.ratio >= leastRatio },
    { ...beside('beside bare consume with JSON.parse', consume), goal: '' },
    { ...beside('beside bare transitions', transitions), goal: '' },
    start('spawn until ready: nothing on the stream', seconds.empty),
    start(`spawn until ready: ${number(events)} events of ${number(pods)} pods`, seconds.full),
    {
      ...snapshot,
      goal: `≤ ${String(mostSecondsWithSnapshot)} s`,
      met: median(seconds.snapshot) <= mostSecondsWithSnapshot,
    },
  ];
}

export const coldStartBench: Bench = {
  name: 'cold-start',
  title: 'From spawn until ready on a long log, against bare consume and bare transitions',
  run,
};

if (import.meta.main) {
  const [part, pods, natsUrl = ''] = process.argv.slice(2);
  const seconds =
    part === 'consume' ? await consumeBare(Number(pods), natsUrl) : transitionsBare(Number(pods));
  process.stdout.write(String(seconds));
}
