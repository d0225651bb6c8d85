import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Parts, ReactorRow } from '../feature.ts';
import type { Board } from '../kernel/fold/board.ts';
import { startReactor } from '../kernel/react/reactor.ts';
import { recordingsBucket, stagingBucket, streamName as stream } from '../log/streams/definitions.ts';
import { createSpawner } from '../programs/spawner.ts';
import { createCollect } from './collect/collect.ts';
import { sweepWorkDir } from './collect/record.ts';
import { createStillFires } from './collect/still-fires.ts';
import type { Ability } from './able/ability.ts';
import { programsOf } from './able/lacks.ts';
import { createCollector, rowOfCollector } from './collectors/rows.ts';
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
import { type Searches, targetsAggregate, type TargetsEvent } from './targets/aggregate.ts';
import { createFind } from './targets/find.ts';
import type { StatefulSets } from './targets/request.ts';
import { createUpload } from './upload/upload.ts';

/** So many alerts are decided on at once. */
const intakePlaces = 256;
/** So many StatefulSets are looked for at once. */
const targetsPlaces = 4;

/** The boards, and what decides by them. */
export interface Deciders {
  board: PodBoard;
  pods: Pods;
  searches: Board<TargetsEvent, Searches>;
  statefulSets: StatefulSets;
  ability: Ability;
}

/** Intake, targets, collect and upload, and what is done before the first of them starts. */
export function collectionReactors(parts: Parts, { board, pods, searches, statefulSets, ability }: Deciders) {
  const { config, connection, handBack, now, logger, tracing } = parts;
  const { rules, maxConcurrentCollections: places } = config;
  const { definitions, reactorMetrics: ofReactors } = parts;
  const { heartbeatSeconds } = config;
  const deps = { connection, definitions, logger, metrics: ofReactors, tracing, heartbeatSeconds };
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

  // One for all: it has 50 MB. The last one that stops closes it.
  const spawner = createSpawner();
  let users = 0;
  const useSpawner = () => {
    users += 1;
    return async () => {
      users -= 1;
      if (users === 0) await spawner.close();
    };
  };

  const intake = () => {
    const { maxAlertAgeSeconds, collections } = rules;
    const decided = createDecided(connection, stream);
    const { follower } = parts;
    const endWatch = watchOverdue({
      connection,
      board,
      pods,
      now,
      logger,
      metrics: ofReactors,
      follower,
    });
    handBack.addEventListener('abort', endWatch);
    const policy = createPolicy(collections);
    const asked = { policy, decided, maxAlertAgeSeconds };
    const handle = createIntake({ ...common, connection, stream, pods, statefulSets, ...asked });
    return startReactor(deps, { durable: 'intake', types: typesOf('intake'), places: intakePlaces, handle });
  };
  const collect = () => {
    const me = { host: hostname(), process: randomUUID() };
    const release = useSpawner();
    if (programsOf(rules).length > 0) spawner.start();
    const endLooking = ability.keepLooking();
    const collectors = new Map(
      Object.entries(rules.collectors).map(([name, each]) => [name, createCollector(each, spawner)]),
    );
    // A series that is first seen at 1 has no rate.
    for (const collector of collectors.keys()) metrics.alertToCollector.zero({ collector });
    const isWanted = createStillFires(connection, stream);
    const handle = createCollect({ ...common, isWanted, me, collectors, workDir });
    const worker = startReactor(deps, { durable: 'collect', types: typesOf('collect'), places, handle });
    const stop = () => {
      endLooking();
      return worker.stop().finally(release);
    };
    return { ...worker, stop };
  };
  const targets = () => {
    const release = useSpawner();
    const finders = new Map(
      Object.entries(rules.collectors).flatMap(([name, each]) => {
        const finder = rowOfCollector(each).finder?.(each, spawner);
        return finder ? [[name, finder]] : [];
      }),
    );
    const shared = { ...common, aggregate: targetsAggregate, board: searches, decider: statefulSets };
    const handle = createFind({ ...shared, pods: board, finders, workDir });
    const types = typesOf('targets');
    const worker = startReactor(deps, { durable: 'targets', types, places: targetsPlaces, handle });
    return { ...worker, stop: () => worker.stop().finally(release) };
  };
  const upload = () => {
    sweepHourly(staging, { isWaiting: (id) => isWaiting(board, id), logger, signal: handBack });
    metrics.requestToUpload.zero({ destination: rules.destination.type });
    const handle = createUpload({ ...common, destinationFor: createDestinations(connection) });
    return startReactor(deps, { durable: 'upload', types: typesOf('upload'), places, handle });
  };

  const starts = { intake, targets, collect, upload };
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
