import { expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { useNats } from '../support/nats.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { quickRules, useServices } from '../support/service.ts';
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
  expect(await cli(['redrive', 'none'], env)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('refused') as string,
  });
  expect((await cli(['redrive'], env)).stderr).toContain('name a collection, or --failed-since');
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
  expect((await cli(['redrive', id], env)).stdout).toContain('it has not failed: it is uploaded');

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
