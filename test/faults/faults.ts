import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../support/random.ts';
import { streamFaults } from './stream-faults.ts';
import type { World } from './world.ts';

/** Breaks something, for a while or until the world is healed. Resolves when it is done with breaking. */
export type Fault = (world: World, random: Random) => Promise<void>;

const anyService = ({ services }: World, random: Random) => random.integer(services.count);

/** Kills the service at the moment when it is about to say something to NATS. */
const killBefore =
  (bytes: string, options = {}): Fault =>
  async (world, random) => {
    const victim = anyService(world, random);
    world.services.proxy(victim)?.aim(bytes, () => void world.services.kill(victim), options);
    await delay(1_500);
    world.services.start(victim);
  };

async function killService(world: World, random: Random, restartAfterMs: number): Promise<void> {
  const victim = anyService(world, random);
  await world.services.kill(victim);
  await delay(restartAfterMs);
  world.services.start(victim);
}

const s3Fault =
  (fault: Parameters<World['s3']['faults']['inject']>[0], requests: number): Fault =>
  ({ s3 }) => {
    s3.faults.inject(fault, requests);
    return Promise.resolve();
  };

/** Every fault by its name. Those of the process come first in the report. */
export const faults: Record<string, Fault> = {
  'kill a service': (world, random) => killService(world, random, random.integer(300)),
  'kill a service, back later': (world, random) => killService(world, random, 3_000),
  'kill all services': async (world) => {
    for (let index = 0; index < world.services.count; index += 1) await world.services.kill(index);
    await delay(500);
    for (let index = 0; index < world.services.count; index += 1) world.services.start(index);
  },
  'freeze a service beyond ack_wait': async (world, random) => {
    const victim = anyService(world, random);
    world.services.signal(victim, 'SIGSTOP');
    await delay(3_500);
    world.services.signal(victim, 'SIGCONT');
  },
  'stop a service in order': async (world, random) => {
    const victim = anyService(world, random);
    await world.services.end(victim);
    world.services.start(victim);
  },
  'kill before staging': killBefore('$O.ALERT_WATCHER_STAGING.C.'),
  'kill before the staged record': killBefore('$O.ALERT_WATCHER_STAGING.M.'),
  'kill before the chunks of a recording for the object store': killBefore('$O.ALERT_WATCHER_RECORDINGS.C.'),
  'kill before a recording gets its name': killBefore('$O.ALERT_WATCHER_RECORDINGS.M.'),
  'kill before JfrCollected': killBefore('.JfrCollected '),
  'kill before CollectionRequested': killBefore('.CollectionRequested '),
  'kill before CollectionAttemptFailed': killBefore('.CollectionAttemptFailed '),
  'kill before Uploaded': killBefore('.Uploaded '),
  'kill before TargetsRequested': killBefore('.TargetsRequested '),
  'kill before TargetsFound': killBefore('.TargetsFound '),
  'kill before TargetsAttemptFailed': killBefore('.TargetsAttemptFailed '),
  'kill between AlertDeclined and its TargetsNotFound': killBefore('.TargetsNotFound ', { inTheMidst: true }),
  'kill before an ack': killBefore('+ACK'),
  'kill before AlertReceived': killBefore('.AlertReceived '),
  'kill before AlertRenewed': killBefore('.AlertRenewed '),
  'kill before AlertUnanswered': killBefore('.AlertUnanswered '),
  'kill before a timer is set': killBefore('aw.schedule.cooldown.'),
  'kill before CollectionSuppressed': killBefore('.CollectionSuppressed '),
  'kill between a timer, or AlertUnanswered, and its CollectionSuppressed': killBefore(
    '.CollectionSuppressed ',
    { inTheMidst: true },
  ),
  'kill between AlertUnanswered and its CollectionFailed': killBefore('.CollectionFailed ', {
    inTheMidst: true,
  }),
  'cut a service off NATS': async (world, random) => {
    const victim = anyService(world, random);
    world.services.proxy(victim)?.split();
    await delay(random.pick([500, 3_500]));
    world.services.proxy(victim)?.join();
  },
  'kill nats-server': async (world, random) => {
    const victim = random.integer(world.nats.ports.length);
    await world.nats.kill(victim);
    await delay(random.pick([0, 500, 3_000]));
    await world.nats.start(victim);
  },
  'freeze nats-server': async (world, random) => {
    const victim = random.integer(world.nats.ports.length);
    world.nats.signal(victim, 'SIGSTOP');
    await delay(2_500);
    world.nats.signal(victim, 'SIGCONT');
  },
  'the disk of nats-server fails for a moment, and somebody starts it again': async (world, random) => {
    const victim = random.integer(world.nats.ports.length);
    world.nats.failWrites(victim);
    await delay(random.pick([1_000, 6_000]));
    await world.nats.kill(victim);
    await world.nats.start(victim);
  },
  'S3 refuses connections': async ({ s3 }) => {
    await s3.refuse();
    await delay(2_000);
    await s3.accept();
  },
  'S3 says SlowDown': s3Fault({ type: 'error', code: 'SlowDown' }, 15),
  'S3 denies access': s3Fault({ type: 'error', code: 'AccessDenied' }, 10),
  'S3 has no such bucket': s3Fault({ type: 'error', code: 'NoSuchBucket' }, 5),
  'S3 cuts uploads': s3Fault({ type: 'cut' }, 6),
  'S3 is slow': s3Fault({ type: 'slow-receive', ms: 1_000 }, 6),
  'S3 stores and does not answer': s3Fault({ type: 'store-then-cut' }, 6),
  'S3 finds uploads damaged': s3Fault({ type: 'damaged' }, 6),
  ...streamFaults,
};

/** Those that take a minute, so that they come seldom. */
export const longFaults: Record<string, Fault> = {
  'NATS is away for a minute': async ({ nats }) => {
    for (const index of nats.ports.keys()) await nats.kill(index);
    await delay(60_000);
    for (const index of nats.ports.keys()) await nats.start(index);
  },
  'kill a service, back after a minute': (world, random) => killService(world, random, 60_000),
};

/** Those that need a proxy between service and NATS, which a cluster does not have. */
export const needsProxy = (name: string): boolean =>
  name.startsWith('kill before') || name === 'cut a service off NATS';
