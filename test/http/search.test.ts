import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { type TestService, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices(afterAll);

let service: TestService;
beforeAll(async () => {
  service = await start(nats.freshUrl());
  const alertname = 'CrateDBContainerRestart';
  await service.post(alertBody({ alertname, namespace: 'search', pod: 'search-hot-0' }));
  await service.whenState('uploaded');
  await service.post(alertBody({ alertname, namespace: 'Search-2', pod: 'crate-0' }));
  await service.post(alertBody({ alertname: 'SearchIsSlow', namespace: 'other', pod: '' }));
  await service.whenState('uploaded', 2);
});

const find = async (q: string, more = '') => {
  const { items } = await service.get(`/api/v1/search?q=${encodeURIComponent(q)}${more}`);
  return items.map((item) => [item['kind'], item['text']]);
};

describe('a search by what it begins with', () => {
  it.each([
    ['search', [['namespace', 'search'], ['pod', 'search-hot-0'], ['alertname', 'SearchIsSlow'], ['namespace', 'Search-2']]],
    ['SEARCH-', [['pod', 'search-hot-0'], ['namespace', 'Search-2']]],
    ['cr', [['pod', 'crate-0'], ['alertname', 'CrateDBContainerRestart']]],
    [' crate-0 ', [['pod', 'crate-0']]],
    ['%', []],
  ])('finds what %j names, exact ones first', async (q, found) => {
    expect(await find(q)).toEqual(found);
  }); // prettier-ignore

  it('finds a collection by its id, an alert by its fingerprint or id', async () => {
    const [collection] = await service.collections();
    const [alert] = (await service.get('/api/v1/alerts?limit=1')).items;
    const fingerprint = String(alert?.['fingerprint']);
    expect(await find(collection?.id.slice(0, 8).toUpperCase() ?? '')).toContainEqual([
      'collection',
      collection?.id,
    ]);
    expect(await find(fingerprint.slice(0, 9))).toContainEqual(['alert', fingerprint]);
    expect(await find(alert?.id.slice(0, 20) ?? '')).toEqual([['alert', alert?.id]]);
  });

  it('says what else is to be shown, and at most as much as is asked for', async () => {
    const { items } = await service.get('/api/v1/search?q=search-h');
    const kubeContext = 'aks1-westeurope-prod';
    expect(items).toEqual([
      { kind: 'pod', text: 'search-hot-0', detail: `${kubeContext}/search`, kubeContext, namespace: 'search', pod: 'search-hot-0' },
    ]);
    expect(await find('search', '&limit=2')).toHaveLength(2);
    expect(await service.get('/api/v1/search?q=')).toMatchObject({ status: 400, path: '/q' });
  }); // prettier-ignore
});
