import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { type S3Server, startS3 } from '../support/s3-server.ts';
import { until } from '../support/until.ts';
import { type NatsServers, startNatsServers } from './nats-servers.ts';
import { createServices, type Services } from './services.ts';

/** Everything that can break, and what is needed to look at it. */
export interface World {
  directory: string;
  nats: NatsServers;
  services: Services;
  s3: S3Server;
  /** Which of the services have the API. */
  shown: number[];
  /** Ids of alerts that an operator's purge took off the stream. */
  purged: Set<string>;
  /** Ids of alerts whose timer such a purge took. */
  purgedTimers: Set<string>;
  /** The url of every recording that an Uploaded has named, also of those that were purged. */
  uploaded: Set<string>;
  /** Straight to NATS, not through a proxy. */
  connection: () => Promise<Connection>;
  /** Ends every fault: all servers and services run and are ready. */
  heal: () => Promise<void>;
  close: () => Promise<void>;
}

export interface WorldOptions {
  directory: string;
  services: number;
  cluster: boolean;
  /** True: the last service only takes alerts, at the edge of deploy/nats/accounts.conf. */
  edge: boolean;
}

const collector = fileURLToPath(new URL('collector.ts', import.meta.url));
const finder = fileURLToPath(new URL('finder.ts', import.meta.url));
/** Short, so that a round is: the service takes it from the server. */
const ackWaitNanos = 2e9;
/** Short, so that repeats come after it, too: those that the server no longer knows by their message ids. */
const duplicateWindowNanos = 5e9;

export async function createWorld(options: WorldOptions): Promise<World> {
  const { directory, services: count, cluster, edge } = options;
  await mkdir(directory, { recursive: true });
  const nats = await startNatsServers(directory, cluster ? 3 : 1, { withAccounts: edge });
  const s3 = await startS3({ keepBodies: false });
  await createStreams(nats.url, cluster ? 3 : 1);
  const configs = [join(directory, 's3.yaml'), join(directory, 'object-store.yaml')] as const;
  await writeFile(configs[0], configOf(s3));
  await writeFile(configs[1], configOf());
  const isAtEdge = (index: number) => edge && index === count - 1;
  const services = await createServices({
    directory,
    count,
    natsUrl: nats.url,
    proxyTo: cluster ? undefined : nats.ports[0],
    // The admin: a durable consumer that an operator deleted is made again.
    user: (index) => (edge ? (isAtEdge(index) ? 'ingest' : 'admin') : undefined),
    env: (index) => ({
      ...(isAtEdge(index) ? { ROLES: 'ingest', EDGE: 'true' } : {}),
      // As in the midst of a change: what counts is the plan, whoever collects and uploads.
      ALERT_WATCHER_CONFIG: configs[index % 2 === 0 ? 0 : 1],
      STREAM_REPLICAS: cluster ? '3' : '1',
      MAX_CONCURRENT_COLLECTIONS: '8',
      SHUTDOWN_GRACE_SECONDS: '1',
      // Seldom enough for both: starts from a snapshot and starts without.
      SNAPSHOT_EVERY_EVENTS: '100',
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    }),
  });
  const world: World = {
    directory,
    nats,
    services,
    s3,
    shown: Array.from({ length: count }, (_, index) => index).filter((index) => !isAtEdge(index)),
    purged: new Set(),
    purgedTimers: new Set(),
    uploaded: new Set(),
    connection: () => openConnection(nats.url),
    heal: async () => {
      s3.faults.clear();
      await s3.accept();
      for (const index of nats.ports.keys()) {
        nats.signal(index, 'SIGCONT');
        await nats.start(index);
      }
      for (let index = 0; index < count; index += 1) {
        services.proxy(index)?.clear();
        services.proxy(index)?.join();
        services.signal(index, 'SIGCONT');
      }
      await nats.whenUp();
      await until('all services to be ready', () => allReady(services), 60_000);
    },
    close: async () => {
      await services.close();
      await nats.close();
      await s3.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await world.heal();
  return world;
}

async function allReady(services: Services): Promise<boolean> {
  const all = Array.from({ length: services.count }, async (_, index) => {
    services.start(index);
    return services.isReady(index);
  });
  return (await Promise.all(all)).every(Boolean);
}

async function createStreams(url: string, replicas: number): Promise<void> {
  const connection = await openConnection(url);
  const definitions = readDefinitions();
  const consumers = definitions.consumers.map((consumer) => ({ ...consumer, ack_wait: ackWaitNanos }));
  const stream = { ...definitions.stream, duplicate_window: duplicateWindowNanos };
  await until(
    'the streams',
    () =>
    ensureStreams(connection, { ...definitions, stream, consumers }, replicas).then(() => true, () => false), // prettier-ignore
  );
  await connection.close();
}

/** Of a service whose recordings go to S3, or to the object store. */
function configOf(s3?: S3Server): string {
  const destination = s3 ? `destination: { type: s3, bucket: ${s3.bucket}, endpoint: '${s3.endpoint}', region: eu-central-1, forcePathStyle: true }` : ''; // prettier-ignore
  return `collections:
  - match: ['alertname=~"CrateDB.+"']
    collector: misbehaving
    durationSeconds: 1
    timeoutSeconds: 3
    maxAttempts: 4
    backoff: { initialSeconds: 0.2, factor: 1.5, maxSeconds: 0.5 }
    cooldownSeconds: 2
    targets: { statefulSet: all, max: 2 }
collectors:
  misbehaving: { targetsCommand: ['${process.execPath}', '${finder}', '{sts}'], command: ['${process.execPath}', '${collector}', '{pod}', '{attempt}'], allowEarlierStart: true }
${destination}
`;
}

/** Nothing is under way any more: looked at twice, with nothing new on the stream in between. */
export async function isSettled(connection: Connection, services: Services): Promise<boolean> {
  const lastSequence = async () => (await connection.jsm.streams.info(streamName)).state.last_seq;
  const before = await lastSequence();
  if (!(await isAtRest(connection, services))) return false;
  await delay(300);
  return (await isAtRest(connection, services)) && (await lastSequence()) === before;
}

async function isAtRest(connection: Connection, services: Services): Promise<boolean> {
  // An alert that waits for the end of a cooldown is under way, too.
  if (await lastMessage(connection, streamName, 'aw.schedule.cooldown.>')) return false;
  // In the order of the way: what leaves one before it is looked at is found in the next.
  for (const durable of ['intake', 'targets', 'intake', 'collect', 'upload']) {
    const info = await connection.jsm.consumers.info(streamName, durable).catch(() => undefined);
    if (!info || info.num_pending > 0 || info.num_ack_pending > 0) return false;
  }
  for (const state of ['requested', 'collecting', 'uploading']) {
    const response = await fetch(`${services.url(0)}/api/v1/collections?state=${state}&limit=1`);
    const { items } = (await response.json()) as { items: unknown[] };
    if (items.length > 0) return false;
  }
  return true;
}
