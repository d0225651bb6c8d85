import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Parts, ReactorRow } from '../feature.ts';
import { startReactor } from '../kernel/react/reactor.ts';
import { recordingsBucket, stagingBucket, streamName as stream } from '../log/streams/definitions.ts';
import { createSpawner } from '../programs/spawner.ts';
import { createCollect } from './collect/collect.ts';
import { sweepWorkDir } from './collect/record.ts';
import { createStillFires } from './collect/still-fires.ts';
import { createCollector, rowOfCollector } from './collectors/rows.ts';
import type { CollectionRules } from './config.ts';
import { createDestinations } from './destinations/destinations.ts';
import { createDecided } from './intake/decided.ts';
import { createIntake } from './intake/intake.ts';
import { watchOverdue } from './intake/overdue.ts';
import { createPolicy } from './intake/policy.ts';
import { tellPolicy } from './intake/policy-in-force.ts';
import { createCollectionMetrics } from './metrics.ts';
import { podAggregate } from './pod/aggregate.ts';
import type { PodBoard } from './pod/board.ts';
import type { Pods } from './pods.ts';
import { collectionDurables, typesOf } from './durables.ts';
import { createStaging, sweepHourly } from './staging/staging.ts';
import { createUpload } from './upload/upload.ts';

/** So many alerts are decided on at once. */
const intakePlaces = 256;

/** Intake, collect and upload, and what is done before the first of them starts. */
export function collectionReactors(parts: Parts, board: PodBoard, pods: Pods) {
  const { config, connection, handBack, now, logger, tracing } = parts;
  const { rules, maxConcurrentCollections: places } = config;
  const deps = { connection, definitions: parts.definitions, logger, metrics: parts.reactorMetrics, tracing };
  const metrics = createCollectionMetrics(parts.metrics);
  const staging = createStaging(connection, { staging: stagingBucket, recordings: recordingsBucket });
  const common = {
    aggregate: podAggregate,
    board,
    decider: pods,
    staging,
    handBack,
    now,
    logger,
    metrics,
    tracing,
  };
  const workDir = join(config.dataDir, 'work');

  const intake = () => {
    const { maxAlertAgeSeconds, collections } = rules;
    const decided = createDecided(connection, stream);
    const { reactorMetrics, follower } = parts;
    const endWatch = watchOverdue({
      connection,
      board,
      pods,
      now,
      logger,
      metrics: reactorMetrics,
      follower,
    });
    handBack.addEventListener('abort', endWatch);
    const policy = createPolicy(collections);
    const handle = createIntake({ ...common, connection, stream, pods, decided, policy, maxAlertAgeSeconds });
    return startReactor(deps, { durable: 'intake', types: typesOf('intake'), places: intakePlaces, handle });
  };
  const collect = () => {
    const me = { host: hostname(), process: randomUUID() };
    const spawner = createSpawner();
    if (startsPrograms(rules)) spawner.start();
    const collectors = new Map(
      Object.entries(rules.collectors).map(([name, each]) => [name, createCollector(each, spawner)]),
    );
    const isWanted = createStillFires(connection, stream);
    const handle = createCollect({ ...common, isWanted, me, collectors, workDir });
    const worker = startReactor(deps, { durable: 'collect', types: typesOf('collect'), places, handle });
    return { ...worker, stop: () => worker.stop().finally(spawner.close) };
  };
  const upload = () => {
    sweepHourly(staging, { isWaiting: (id) => isWaiting(board, id), logger, signal: handBack });
    const handle = createUpload({ ...common, destinationFor: createDestinations(connection) });
    return startReactor(deps, { durable: 'upload', types: typesOf('upload'), places, handle });
  };

  const starts = { intake, collect, upload };
  const reactors = Object.entries(collectionDurables).map(([durable, { role }]): ReactorRow => ({
    role,
    durable,
    start: starts[durable as keyof typeof starts],
  }));
  const prepare = async () => {
    await sweepWorkDir(workDir);
    const policy = { rows: rules.collections, maxAlertAgeSeconds: rules.maxAlertAgeSeconds };
    if (config.roles.includes('intake'))
      await tellPolicy({ connection, stream, now, logger, signal: handBack }, policy);
  };
  return { reactors, prepare };
}

/** A failed collection keeps its staged recording for a redrive, as long as the bucket keeps anything. */
function isWaiting({ summaries }: PodBoard, collectionId: string): boolean {
  const state = summaries.get(collectionId)?.state;
  return state !== undefined && state !== 'uploaded';
}

/** True where a row needs a collector that runs programs. */
function startsPrograms({ collections, collectors }: CollectionRules): boolean {
  return collections.some(({ plan }) => {
    const config = collectors[plan.collector];
    return config !== undefined && rowOfCollector(config).needsPrograms;
  });
}
