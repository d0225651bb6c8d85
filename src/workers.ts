import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { podAggregate } from './collection/pod/aggregate.ts';
import type { PodBoard } from './collection/pod/board.ts';
import { createCollect } from './collection/collect/collect.ts';
import { type Collector, inDirectory } from './collection/collectors/collector.ts';
import { commandCollector } from './collection/collectors/command.ts';
import { withVariables } from './programs/environment.ts';
import { jcmdCollector } from './collection/collectors/jcmd.ts';
import { kubectlCollector } from './collection/collectors/kubectl/collector.ts';
import { simulatedCollector } from './collection/collectors/simulated.ts';
import { createSpawner, type Spawner } from './programs/spawner.ts';
import type { DestinationPort } from './collection/destinations/destination.ts';
import { objectStoreDestination } from './collection/destinations/object-store.ts';
import { s3Destination } from './collection/destinations/s3.ts';
import { AttemptFailed } from './kernel/react/failures.ts';
import { createDecided } from './collection/intake/decided.ts';
import { createIntake } from './collection/intake/intake.ts';
import { watchOverdue } from './collection/intake/overdue.ts';
import type { Pods } from './collection/pods.ts';
import { createPolicy } from './collection/intake/policy.ts';
import { tellPolicy } from './collection/intake/policy-in-force.ts';
import { startReactor } from './kernel/react/reactor.ts';
import { typesOf } from './collection/reads.ts';
import { sweepWorkDir } from './collection/collect/record.ts';
import { createStaging, type Staging } from './collection/staging/staging.ts';
import { createUpload } from './collection/upload/upload.ts';
import { createIsWanted } from './collection/collect/still-fires.ts';
import type { CollectorConfig } from './config/schema.ts';
import type { Rules } from './config/file.ts';
import type { Config, Role } from './config/config.ts';
import type { Destination } from './events/data/plan.ts';
import type { Connection } from './log/connection.ts';
import type { Worker } from './log/consume/consume.ts';
import { type Definitions, recordingsBucket, stagingBucket, streamName } from './log/streams/definitions.ts';
import type { Follower } from './log/consume/follow.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing.ts';

/** What the parts share. */
export interface Parts {
  config: Config;
  connection: Connection;
  definitions: Definitions;
  board: PodBoard;
  pods: Pods;
  follower: Follower;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  handBack: AbortController;
  /** RFC 3339, by the clock of nats-server. */
  now: () => string;
}

const hourMs = 3_600_000;

/** Starts the reactors of the roles asked for. The board must be caught up. */
export async function startWorkers(parts: Parts): Promise<Worker[]> {
  const { config, connection, board, pods, logger, metrics, tracing, now } = parts;
  const { rules, maxConcurrentCollections: places } = config;
  const handBack = parts.handBack.signal;
  const staging = createStaging(connection, { staging: stagingBucket, recordings: recordingsBucket });
  const common = { aggregate: podAggregate, board, decider: pods, pods, staging, handBack, now, logger, metrics, tracing }; // prettier-ignore
  const workers: Worker[] = [];
  const start: Record<Exclude<Role, 'ingest' | 'api'>, () => Worker> = {
    intake: () => {
      const { maxAlertAgeSeconds, collections } = rules;
      const policy = createPolicy(collections);
      const decided = createDecided(connection, streamName);
      const deps = { ...common, connection, stream: streamName, decided, policy, maxAlertAgeSeconds };
      const endWatch = watchOverdue({ ...deps, follower: parts.follower });
      handBack.addEventListener('abort', endWatch);
      return startReactor(parts, {
        durable: 'intake',
        types: typesOf('intake'),
        places: 256,
        handle: createIntake(deps),
      });
    },
    collect: () => {
      const me = { host: hostname(), process: randomUUID() };
      const spawner = createSpawner();
      if (startsPrograms(rules)) spawner.start();
      const collectors = new Map(
        Object.entries(rules.collectors).map(([name, each]) => [name, collectorOf(each, spawner)]),
      );
      const isWanted = createIsWanted(connection, streamName);
      const handle = createCollect({
        ...common,
        isWanted,
        me,
        collectors,
        workDir: workDirOf(config),
      });
      const worker = startReactor(parts, {
        durable: 'collect',
        types: typesOf('collect'),
        places,
        handle,
      });
      return { ...worker, stop: () => worker.stop().finally(spawner.close) };
    },
    upload: () => {
      const handle = createUpload({ ...common, destinationFor: destinations(connection) });
      sweepHourly(parts, staging);
      return startReactor(parts, {
        durable: 'upload',
        types: typesOf('upload'),
        places,
        handle,
      });
    },
  };
  await sweepWorkDir(workDirOf(config));
  const policy = { rows: rules.collections, maxAlertAgeSeconds: rules.maxAlertAgeSeconds };
  if (config.roles.includes('intake')) await tellPolicy({ connection, stream: streamName, now, logger, signal: handBack }, policy); // prettier-ignore
  for (const role of config.roles) {
    if (role !== 'ingest' && role !== 'api') workers.push(start[role]());
  }
  return workers;
}

/** A failed collection keeps its staged recording for a redrive, as long as the bucket keeps anything. */
function sweepHourly({ board, handBack, logger }: Parts, staging: Staging): void {
  const isWaiting = (collectionId: string) => {
    const state = board.summaries.get(collectionId)?.state;
    return state !== undefined && state !== 'uploaded';
  };
  const timer = setInterval(() => {
    staging.sweep(isWaiting).then(
      (swept) => logger.debug(swept, 'the staging bucket is swept'),
      (err: unknown) => logger.warn({ err }, 'the staging bucket could not be swept'),
    );
  }, hourMs);
  timer.unref();
  handBack.signal.addEventListener('abort', () => clearInterval(timer));
}

/** Takes no more work, gives what runs its grace, and hands the rest back. */
export async function stopWorkers(
  { config, handBack, logger }: Parts,
  workers: readonly Worker[],
): Promise<void> {
  const running = workers.reduce((sum, worker) => sum + worker.running(), 0);
  const graceSeconds = config.shutdownGraceSeconds;
  logger.info({ running, graceSeconds }, 'stopping: no more work is taken');
  const timer = setTimeout(() => {
    logger.warn('the grace is over: running work is handed back');
    handBack.abort(new AttemptFailed('handed-back', 'the service was stopped during the attempt'));
  }, graceSeconds * 1_000);
  await Promise.all(workers.map((worker) => worker.stop()));
  clearTimeout(timer);
  handBack.abort();
}

/** True where a row needs a collector that runs programs. */
function startsPrograms({ collections, collectors }: Rules): boolean {
  return collections.some(({ plan }) => {
    const config = collectors[plan.collector];
    return config !== undefined && ('command' in config || config.driver !== 'simulated');
  });
}

function collectorOf(config: CollectorConfig, spawner: Spawner): Collector {
  if ('driver' in config && config.driver === 'simulated') return simulatedCollector(config);
  return inDirectory(programOf(config, spawner));
}

function programOf(config: Exclude<CollectorConfig, { driver: 'simulated' }>, spawner: Spawner): Collector {
  const own = withVariables(spawner, config.env);
  if ('command' in config) return commandCollector(config.command, own);
  if (config.driver === 'kubectl') return kubectlCollector(config, own);
  const { pid, mainClass = '' } = config;
  return jcmdCollector(pid === undefined ? { mainClass } : { pid }, own);
}

/** One client per place: a plan names its destination, and the configuration may have changed since. */
function destinations(connection: Connection): (destination: Destination) => DestinationPort {
  const known = new Map<string, DestinationPort>();
  return (destination) => {
    const key = JSON.stringify(destination);
    const port =
      known.get(key) ??
      (destination.type === 's3'
        ? s3Destination(destination)
        : objectStoreDestination(connection, recordingsBucket));
    known.set(key, port);
    return port;
  };
}

function workDirOf({ dataDir }: Config): string {
  return join(dataDir, 'work');
}
