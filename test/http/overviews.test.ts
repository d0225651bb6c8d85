import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { type Item, quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices(afterAll);

const rules = quickRules(`collections:
  - { name: bad, match: ['pod=~"bad.*"'], collector: bad, durationSeconds: 0.05, timeoutSeconds: 10, maxAttempts: 1 }
  - { name: good, match: ['alertname=~".*"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10 }
collectors: { sim: { driver: simulated }, bad: { driver: simulated, failTimes: 1 } }
`);
const alerts = [
  { alertname: 'Slow', namespace: 'search', pod: 'bad-0' },
  { alertname: 'Slow', namespace: 'search', pod: 'bad-1' },
  { alertname: 'Down', namespace: 'logs', pod: 'bad-2' },
  { alertname: 'Down', namespace: 'logs', pod: 'good-0' },
];

/** Three collections that failed and one that is uploaded. */
let service: TestService;
beforeAll(async () => {
  service = await start(nats.freshUrl(), { rules });
  for (const alert of alerts) await service.post(alertBody(alert));
  await service.whenState('failed', 3);
  await service.whenState('uploaded', 1);
});

const valuesBy = async (query: string) => {
  const { items } = await service.get(`/api/v1/collections/counts?${query}`);
  return items.map((item) => [item['value'], item['count'], item['pods']]);
};
const redrive = async (body: unknown) => {
  const response = await fetch(`${service.url}/api/v1/collections/redrive`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Item };
};

describe('collections are counted', () => {
  it.each([
    ['by=state', [['failed', 3, 3], ['uploaded', 1, 1]]],
    ['by=alertname&state=failed', [['Slow', 2, 2], ['Down', 1, 1]]],
    ['by=namespace', [['logs', 2, 2], ['search', 2, 2]]],
    ['by=rule&prefix=BAD', [['bad', 3, 3]]],
    ['by=collector&errorCode=collector-exited', [['bad', 3, 3]]],
    ['by=pod&namespace=search&alertname=Slow&prefix=bad-1', [['aks1-westeurope-prod/search/bad-1', 1, 1]]],
  ])('%s', async (query, values) => {
    expect(await valuesBy(query)).toEqual(values);
  }); // prettier-ignore

  it('by the code of their error, with the stage, and those without one in the total only', async () => {
    const { items, ...rest } = await service.get('/api/v1/collections/counts?by=errorCode');
    expect(items).toMatchObject([{ count: 3, stage: 'collect', message: expect.any(String) as string }]);
    expect(rest).toMatchObject({ total: 4, asOf: expect.any(Number) as number });
  });

  it('by nothing else', async () => {
    const answer = await service.get('/api/v1/collections/counts?by=colour');
    expect(answer).toMatchObject({ status: 400, in: 'querystring', path: '/by' });
  });
});

describe('pods are listed', () => {
  it('last active first, page by page, with what they come to', async () => {
    const first = await service.get('/api/v1/pods?limit=3');
    const second = await service.get(`/api/v1/pods?limit=3&after=${String(first.next)}`);
    const all = [...first.items, ...second.items];
    expect(all.map(({ pod }) => pod).sort()).toEqual(['bad-0', 'bad-1', 'bad-2', 'good-0']);
    expect(second.next).toBeUndefined();
    expect(all.find(({ pod }) => pod === 'good-0')).toMatchObject({
      ...{
        kubeContext: 'aks1-westeurope-prod',
        namespace: 'logs',
        state: 'idle',
        collections: { uploaded: 1, failed: 0 },
      },
      ...{ last: { alertname: 'Down', state: 'uploaded' }, cooldownUntil: expect.any(String) as string },
    });
    const bad = all.find(({ pod }) => pod === 'bad-0');
    expect(bad).toMatchObject({ last: { state: 'failed', error: { stage: 'collect' } } });
    expect(bad).not.toHaveProperty('cooldownUntil');
  });

  it('of one namespace, and by what they begin with', async () => {
    const names = async (query: string) => (await service.get(`/api/v1/pods?${query}`)).items.length;
    expect(await names('namespace=search')).toBe(2);
    expect(await names('prefix=Good')).toBe(1);
    expect(await names('kubeContext=other')).toBe(0);
  });
});

describe('failed collections are redriven', () => {
  it.each([
    ['without a filter', { filter: {}, reason: 'x' }, '/filter'],
    ['without a reason', { filter: { pod: 'bad-0' } }, '/reason'],
    ['by a time that is none', { filter: { since: 'soon' }, reason: 'x' }, '/filter/since'],
    ['by a name that no filter has', { filter: { colour: 'red' }, reason: 'x' }, '/filter/colour'],
  ])('not %s', async (_, body, path) => {
    expect((await redrive(body)).json).toMatchObject({ status: 400, in: 'body', path });
  });

  it('only counted first, then all that are meant, each with who asked and why', async () => {
    const filter = { errorCode: 'collector-exited', namespace: 'search' };
    expect(await redrive({ filter, reason: 'x', dryRun: true })).toEqual({
      status: 200,
      json: { matched: 2 },
    });
    const failed = (await service.get('/api/v1/collections?state=failed&namespace=search')).items;
    const { status, json } = await redrive({ filter, reason: 'the cluster is back', by: 'ada' });
    expect(status).toBe(202);
    expect(json).toEqual({
      ...{ matched: 2, refused: [], more: 0 },
      redriven: failed.map(({ id }) => ({ collectionId: id, run: 2 })).reverse(),
    });
    await until('the second runs', async () => {
      const { items } = await service.get('/api/v1/collections?state=failed&namespace=search');
      return items.length === 2 && items.every(({ run }) => run === 2);
    });
    const { events } = await service.get(`/api/v1/collections/${String(failed[0]?.id)}`);
    expect(JSON.stringify(events)).toContain('the cluster is back');
  });

  it('but for those that cannot be: each with its reason', async () => {
    const { json } = await redrive({ filter: { pod: 'good-0', state: ['uploaded'] }, reason: 'x' });
    expect(json['refused']).toMatchObject([{ reason: 'it has not failed: it is uploaded' }]);
  });
});
