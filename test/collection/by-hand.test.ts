import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ByHandDeps } from '../../src/collection/by-hand/by-hand.ts';
import { cancel } from '../../src/collection/by-hand/cancel.ts';
import { createPods } from '../../src/collection/pods.ts';
import { redrive } from '../../src/collection/by-hand/redrive.ts';
import { start } from '../../src/collection/by-hand/start.ts';
import { timeOf } from '../../src/events/instant.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const startService = useServices();
const s3 = useS3();

const pod = { kubeContext: 'aks1/eu', namespace: 'ns', pod: 'crate-0', sts: 'crate' };
const why = { by: 'ann', reason: 'heap grows' };
const row = (rest: string) =>
  `collections: [{ name: only, match: [alertname="Other"], durationSeconds: 0.05, ${rest} }]\n`;
const simulated = quickRules(`${row('collector: sim')}collectors: { sim: { driver: simulated } }`);
const hanging = quickRules(`${row('collector: hang')}collectors: { hang: { command: [sleep, '300'] } }`);

function depsOf({ app }: TestService): ByHandDeps & { connection: typeof app.log.connection } {
  const { board, log } = app;
  const pods = createPods(log.connection, streamName, board);
  return { board, pods, now: () => timeOf(Date.now()), connection: log.connection };
}

const typesOf = async (service: TestService, id: string) =>
  (await service.get(`/api/v1/collections/${id}`)).events.map(({ type }) => type);

describe('a recording that is asked for by hand', () => {
  it('is made by the plan of the first row where none matches, says who asked and why, and waits for no cooldown', async () => {
    const service = await startService(nats.freshUrl(), { rules: simulated });
    const deps = { ...depsOf(service), rows: simulated.collections };
    const result = await start(deps, { ...pod, ...why, durationSeconds: 0.02 });
    expect(result).toMatchObject({
      started: { data: { ...pod, plan: { rule: 'only', durationSeconds: 0.02 }, trigger: { byHand: why } } },
    });
    await service.whenState('uploaded');
    expect(await start(deps, { ...pod, ...why })).toHaveProperty('started');
    const [newest] = await service.whenState('uploaded', 2);
    const explained = JSON.stringify(await service.get(`/api/v1/explain/${newest?.id ?? ''}`));
    expect(explained).toContain('by hand by ann (heap grows)');
    expect(explained).toContain('asked for by hand: kept as alert RecordingRequestedByHand');
    expect(explained).toContain('the plan of row only is taken: ');
  });

  it('is the one that is being made, where one is', async () => {
    const service = await startService(nats.freshUrl(), { rules: hanging, shutdownGraceSeconds: 0 });
    const deps = { ...depsOf(service), rows: hanging.collections };
    const first = await start(deps, { ...pod, ...why });
    const id = 'started' in first ? first.started.data.collectionId : '';
    const second = await start(deps, { ...pod, ...why, reason: 'again' });
    expect(second).toMatchObject({ attached: { data: { collectionId: id } } });
  });

  it('is refused where the name is none, or the row is unknown, and nothing is kept', async () => {
    const service = await startService(nats.freshUrl(), { rules: simulated });
    const deps = { ...depsOf(service), rows: simulated.collections };
    expect(await start(deps, { ...pod, ...why, pod: '-rf' })).toEqual({
      refused: 'pod must be up to 253 of letters, digits and - . _, a letter or digit first and last',
    });
    expect(await start(deps, { ...pod, ...why, rule: 'none' })).toEqual({
      refused: 'there is no row none in collections; there is only',
    });
    expect(await start({ ...deps, rows: [] }, { ...pod, ...why })).toHaveProperty('refused');
    for (const filter of ['aw.alert.>', 'aw.collection.>'])
      expect(await lastMessage(deps.connection, streamName, filter)).toBeUndefined();
  });
});

describe('a collection that is cancelled', () => {
  it('while its collector runs ends at once, with the program, and can be redriven', async () => {
    const service = await startService(nats.freshUrl(), { rules: hanging, shutdownGraceSeconds: 0 });
    const deps = { ...depsOf(service), rows: hanging.collections };
    await start(deps, { ...pod, ...why });
    const [collecting] = await service.whenState('collecting');
    const id = collecting?.id ?? '';
    const directory = await until('the collector runs', () => Promise.resolve(collectorDirectory()));
    const result = await cancel(deps, id, { by: 'bob', reason: 'wrong pod' });
    expect(result).toMatchObject({
      cancelled: { data: { stage: 'collect', error: { code: 'cancelled' }, cancelled: { by: 'bob' } } },
    });
    await service.whenState('cancelled');
    await until('the program is gone', () => Promise.resolve(programsIn(directory).length === 0));
    expect(await typesOf(service, id)).toEqual([
      ...['CollectionRequested', 'CollectionAttemptStarted', 'CollectionFailed'],
    ]);
    expect(await cancel(deps, id, why)).toEqual({ refused: 'it has ended: it is cancelled' });
    expect(await redrive(deps, id, why)).toMatchObject({ redriven: { data: { run: 2, stage: 'collect' } } });
    await service.whenState('collecting');
  });

  it('while its upload waits for S3 stays staged, and is uploaded when it is redriven', async () => {
    const { bucket, endpoint, region } = { ...placeOf(s3()) };
    const destination = `destination: { type: s3, bucket: ${bucket}, endpoint: '${endpoint ?? ''}', region: ${region ?? ''}, forcePathStyle: true }`;
    const yaml = `${row('collector: sim')}collectors: { sim: { driver: simulated } }\n${destination}`;
    const rules = quickRules(yaml);
    await s3().refuse();
    const service = await startService(nats.freshUrl(), { rules });
    const deps = { ...depsOf(service), rows: rules.collections };
    await start(deps, { ...pod, ...why });
    const [uploading] = await service.whenState('uploading');
    const id = uploading?.id ?? '';
    await until('an attempt failed', async () =>
      (await typesOf(service, id)).includes('UploadAttemptFailed'),
    );
    expect(await cancel(deps, id, why)).toMatchObject({ cancelled: { data: { stage: 'upload' } } });
    await s3().accept();
    expect(await redrive(deps, id, why)).toMatchObject({ redriven: { data: { run: 2, stage: 'upload' } } });
    await service.whenState('uploaded');
    expect((await typesOf(service, id)).filter((type) => type === 'JfrCollected')).toHaveLength(1);
  });

  it('is refused when it is unknown', async () => {
    const service = await startService(nats.freshUrl(), { rules: simulated });
    expect(await cancel(depsOf(service), 'none', why)).toHaveProperty('refused');
  });
});

/** The directory in which the collector of this process runs. */
function collectorDirectory(): string | undefined {
  return processDirectories().find((directory) => directory.includes(`-${String(process.pid)}-`));
}

function programsIn(directory: string): string[] {
  return processDirectories().filter((each) => each === directory);
}

function processDirectories(): string[] {
  return readdirSync('/proc').flatMap((entry) => {
    try {
      return /^\d+$/.test(entry) ? [readlinkSync(`/proc/${entry}/cwd`)] : [];
    } catch {
      return [];
    }
  });
}
