import { expect, it } from 'vitest';
import { buffer } from 'node:stream/consumers';
import { openConnection } from '../../src/log/connection.ts';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import { listObjects, readObject } from '../../src/log/objects/store.ts';
import { cli } from '../support/cli.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const s3 = useS3();
const rows = (collector: string) => `collections:
  - { match: ['alertname=~".+"'], collector: ${collector}, durationSeconds: 0.05, maxAttempts: 1, uploadDeadlineSeconds: 0.4, backoff: { initialSeconds: 0.1, factor: 1 } }
collectors: { good: { driver: simulated }, bad: { driver: simulated, failTimes: 9 } }
`;

it('a collection that failed to collect is collected again, as run 2, and the old events stay', async () => {
  const url = nats.freshUrl();
  const env = { NATS_URL: url };
  const service = await start(url, { rules: quickRules(rows('bad')) });
  await service.post(captured('am0.33.1-mixed.1-firing'));
  const failed = await service.whenState('failed', 2);
  const id = failed[0]?.id ?? '';
  expect(await cli(['redrive', 'ab'.repeat(16)], env)).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('refused') as string,
  });
  await service.close();

  // The plan in the log names the collector `bad`; today it is one that works.
  const rules = quickRules(rows('good').replace('failTimes: 9', 'failTimes: 0'));
  const again = await start(url, { rules });
  const one = await cli(['redrive', id, '--by', 'ann', '--reason', 'mended'], env);
  expect(one).toMatchObject({ code: 0, stdout: `${id} run 2, collect\n1 of 1 redriven\n` });
  await again.whenState('uploaded');
  const story = await again.get(`/api/v1/collections/${id}`);
  expect(story.events.map(({ type }) => type)).toEqual([
    ...['CollectionRequested', 'CollectionAttemptStarted', 'CollectionAttemptFailed', 'CollectionFailed'],
    ...['CollectionRedriven', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'],
  ]);
  expect(story.url).toMatch(new RegExp(`${id}\\.run2\\.jfr$`));
  const uploaded = await cli(['redrive', id], env);
  expect([uploaded.code, uploaded.stdout]).toEqual([
    1,
    expect.stringContaining('it has not failed: it is uploaded'),
  ]);

  const rest = await cli(['redrive', '--failed-since', '10m'], env);
  expect(rest).toMatchObject({ code: 0 });
  await again.whenState('uploaded', failed.length);
});

it('a recording that could not be uploaded in time is uploaded, and not recorded again', async () => {
  const url = nats.freshUrl();
  const { bucket, endpoint, region } = { ...placeOf(s3()) };
  const destination = `destination: { type: s3, bucket: ${bucket}, endpoint: '${endpoint ?? ''}', region: ${region ?? ''}, forcePathStyle: true }\n`;
  await s3().refuse();
  const service = await start(url, { rules: quickRules(rows('good') + destination) });
  await service.post(captured('am0.33.1-single_firing'));
  const [failed] = await service.whenState('failed');
  await s3().accept();
  const id = failed?.id ?? '';
  expect((await cli(['redrive', id], { NATS_URL: url })).stdout).toContain(`${id} run 2, upload`);
  await service.whenState('uploaded');
  const story = await service.get(`/api/v1/collections/${id}`);
  expect(story.events.filter(({ type }) => type === 'JfrCollected')).toHaveLength(1);
  const recorded = story['recording'] as { sha256: string };
  expect([...s3().objects.values()].map(({ sha256 }) => sha256)).toEqual([recorded.sha256]);
});

it('a recording that got no name in the object store is copied there by a redrive, and leaves nothing staged', async () => {
  const url = nats.freshUrl();
  const service = await start(url, { rules: quickRules(rows('good')) });
  await using ends = new AsyncDisposableStack();
  const connection = ends.adopt(await openConnection(url), ({ close }) => close());
  const { streams } = connection.jsm;
  const { config } = await streams.info(`OBJ_${recordingsBucket}`);
  await streams.update(config.name, { ...config, subjects: [`$O.${recordingsBucket}.C.>`] });
  await service.post(captured('am0.33.1-single_firing'));
  const [failed] = await service.whenState('failed');
  const id = failed?.id ?? '';
  const [staged] = await listObjects(connection, stagingBucket);
  await streams.update(config.name, config);

  expect((await cli(['redrive', id], { NATS_URL: url })).stdout).toContain(`${id} run 2, upload`);

  await service.whenState('uploaded');
  const [object, ...more] = await listObjects(connection, recordingsBucket);
  expect(more).toEqual([]);
  expect(object?.name).toMatch(new RegExp(`${id}\\.run2\\.jfr$`));
  expect(object?.sha256).toBe(staged?.sha256);
  expect(object?.nuid).not.toBe(staged?.nuid);
  expect(await buffer(readObject(connection, recordingsBucket, object?.name ?? ''))).toHaveLength(object?.bytes ?? 0); // prettier-ignore
  await until(
    'nothing to be staged',
    async () => (await listObjects(connection, stagingBucket)).length === 0,
  );
});
