import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDecided } from '../../src/collection/intake/decided.ts';
import { createIntake } from '../../src/collection/intake/intake.ts';
import { createPolicy } from '../../src/collection/intake/policy.ts';
import { createCollectionMetrics } from '../../src/collection/metrics.ts';
import { podAggregate } from '../../src/collection/pod/aggregate.ts';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import { createPods } from '../../src/collection/pods.ts';
import { typesOf } from '../../src/collection/durables.ts';
import { targetsAggregate } from '../../src/collection/targets/aggregate.ts';
import { createFind } from '../../src/collection/targets/find.ts';
import { createEvent } from '../../src/events/envelope.ts';
import { timeOf } from '../../src/events/instant.ts';
import { createDecider } from '../../src/kernel/decide/decider.ts';
import { createBoard } from '../../src/kernel/fold/board.ts';
import { startReadModel } from '../../src/kernel/fold/read-model.ts';
import { AttemptFailed } from '../../src/kernel/react/failures.ts';
import { createReactorMetrics } from '../../src/kernel/react/metrics.ts';
import { startReactor } from '../../src/kernel/react/reactor.ts';
import type { Connection } from '../../src/log/connection.ts';
import { readDefinitions, streamName as stream } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { append } from '../../src/log/write/append.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { noTracing } from '../../src/telemetry/tracing.ts';
import { auditedUpTo } from '../support/audit.ts';
import { dyingAt, isDead } from '../support/dying.ts';
import { alertRef, at, plan, pod } from '../support/events.ts';
import { eventsOf, whenHandled } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const nats = useNats();
let workDir = '';
beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'alert-watcher-work-'));
});
afterAll(() => rm(workDir, { recursive: true, force: true }));
const logger = createLogger('silent');
const now = () => timeOf(Date.now());
const leftOut = [{ pod: `${pod.sts}-1`, reason: 'not-found' as const, message: 'it is gone' }];
const found = { pods: [`${pod.sts}-0`, `${pod.sts}-2`], leftOut };
const read = readDefinitions();
/** Short, so that the next process takes over soon. */
const consumers = read.consumers.map((each) => ({ ...each, ack_wait: 1_500_000_000 }));
const definitions = { ...read, consumers };

/** Intake and search as a process of its own; the first attempt of each search fails. */
async function run(connection: Connection) {
  const metrics = createCollectionMetrics(createMetrics());
  const reactorMetrics = createReactorMetrics(createMetrics(), {
    durables: ['intake', 'targets'],
    timers: [],
  });
  const board = createPodBoard();
  const searches = createBoard(targetsAggregate);
  const folds = [{ aggregate: podAggregate, board }, { aggregate: targetsAggregate, board: searches }]; // prettier-ignore
  const readModel = await startReadModel(
    { connection, snapshotEveryEvents: 0, mayWrite: false, logger },
    folds,
  );
  await readModel.follower.caughtUp;
  const pods = createPods(connection, stream, board);
  const statefulSets = createDecider({ connection, stream, board: searches }, targetsAggregate);
  const deps = { connection, definitions, logger, metrics: reactorMetrics, tracing: noTracing };
  const common = { connection, stream, logger, metrics, now, tracing: noTracing, handBack: new AbortController().signal }; // prettier-ignore
  const backoff = { initialSeconds: 0.05, factor: 1, maxSeconds: 1 };
  const row = { ...plan, backoff, targets: { statefulSet: 'all' as const, max: 10 } };
  const policy = createPolicy([{ name: 'whole', match: ['alertname=~".+"'], plan: row }]);
  const intake = createIntake({ ...common, board, pods, statefulSets, decided: createDecided(connection, stream), policy, maxAlertAgeSeconds: 900 }); // prettier-ignore
  let attempts = 0;
  const finder = () =>
    (attempts += 1) === 1
      ? Promise.reject(new AttemptFailed('cluster-unreachable', 'away'))
      : Promise.resolve(found);
  const find = createFind({ ...common, aggregate: targetsAggregate, board: searches, decider: statefulSets, pods: board, finders: new Map([[plan.collector, finder]]), workDir }); // prettier-ignore
  const workers = [
    startReactor(deps, { durable: 'intake', types: typesOf('intake'), places: 4, handle: intake }),
    startReactor(deps, { durable: 'targets', types: typesOf('targets'), places: 4, handle: find }),
  ];
  const stop = async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await readModel.stop();
  };
  return { stop };
}

/** As it came in: it names a StatefulSet, and no pod. */
function alertAboutAll() {
  const { alertname, fingerprint, startsAt } = alertRef(3);
  const { kubeContext: kube_context, namespace, sts } = pod;
  const labels = { alertname, kube_context, namespace, sts };
  const data = {
    ...{ source: 'am', receiver: 'r', groupKey: '{}', status: 'firing' as const, labels, annotations: {} },
    ...{ startsAt, generatorURL: '', externalURL: '', fingerprint, receivedAt: at(0) },
  };
  return createEvent('AlertReceived', data, { part: 'ingest', time: at(0) });
}

// The search is asked for, tried in vain, and ended; then each pod is decided on: five writes, each of which may be lost
// before or after it is on the stream.
const writes = ['TargetsRequested', 'TargetsAttemptFailed', 'TargetsFound', 'CollectionRequested', 'CollectionRequested']; // prettier-ignore
const cuts = writes.flatMap((what, index) =>
  (['before', 'after'] as const).map((when) => ({ what, write: index + 1, when })),
);

it('a process that dies at any write on the way from an alert to the pods of its StatefulSet is taken over, and all is done once', async () => {
  const ends = await Promise.all(
    cuts.map(async ({ what, write, when }) => {
      const connection = await nats.connect();
      await ensureStreams(connection, definitions, 1);
      await append(connection, alertAboutAll());
      const dying = dyingAt(connection, write, when);
      const first = await run(dying);
      await until(`death at write ${String(write)}`, () => isDead(dying));
      await first.stop();
      const next = await run(connection);
      for (const durable of ['targets', 'intake']) await whenHandled(connection, durable);
      await until('both pods', async () => (await eventsOf(connection, 'CollectionRequested')).length === 2);
      for (const durable of ['targets', 'intake']) await whenHandled(connection, durable);
      await next.stop();
      const types = [
        'TargetsRequested',
        'TargetsAttemptFailed',
        'TargetsFound',
        'CollectionRequested',
      ] as const;
      const events = await eventsOf(connection, ...types);
      const told = events.map(({ type }) => type);
      const [last] = await eventsOf(connection, 'TargetsFound');
      const pods = events.flatMap(({ data }) => ('collectionId' in data ? [data.pod] : []));
      return {
        died: `${when} ${what}`,
        told,
        leftOut: last?.data.leftOut,
        pods: pods.sort(),
        violations: await auditedUpTo(connection),
      };
    }),
  );
  for (const { died, told, ...end } of ends) {
    // The one whose second process begins after the failure was told has no failure of its own.
    expect(
      told.filter((type) => type !== 'TargetsAttemptFailed'),
      died,
    ).toEqual([...['TargetsRequested', 'TargetsFound', 'CollectionRequested', 'CollectionRequested']]);
    expect(end, died).toEqual({ leftOut, pods: found.pods, violations: [] });
  }
}, 60_000);
