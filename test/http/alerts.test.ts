import { describe, expect, it } from 'vitest';
import { alertIdOf } from '../../src/events/ids.ts';
import { useNats } from '../support/nats.ts';
import { type Item, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

async function pages(service: TestService, query = ''): Promise<Item[][]> {
  const found: Item[][] = [];
  for (let after = ''; ;) {
    const page = await service.get(`/api/v1/alerts?limit=10${query}${after}`);
    found.push(page.items);
    if (page.next === undefined) return found;
    after = `&after=${String(page.next)}`;
  }
}

const decisionOf = (item: Item | undefined) => (item?.['outcome'] as Item | undefined)?.['decision'];

describe('the list of alerts', () => {
  it('is told page by page, newest first, and stays right while new ones arrive', async () => {
    const service = await start(nats.freshUrl());
    const post = async (count: number, name: string) => {
      for (let index = 0; index < count; index += 1)
        await service.post(alertBody({ alertname: name, instance: String(index) }));
    };
    await post(25, 'Before');
    const first = await service.get('/api/v1/alerts?limit=10');
    await post(5, 'Meanwhile');
    const rest: Item[] = [];
    for (let { next } = first; next !== undefined;) {
      const page = await service.get(`/api/v1/alerts?limit=10&after=${String(next)}`);
      rest.push(...page.items);
      next = page.next;
    }
    const all = [...first.items, ...rest];

    expect(all.map((item) => (item['labels'] as Record<string, string>)['instance'])).toEqual(
      Array.from({ length: 25 }, (_, index) => String(24 - index)),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(25);
  });

  it('says what each firing alert has led to, and what has become of that', async () => {
    const service = await start(nats.freshUrl());
    await service.post(captured('am0.33.1-single_firing'));
    const [collection] = await service.whenState('uploaded');
    await service.post(alertBody({ pod: String(collection?.pod), alertname: 'CrateDBCloudNotResponsive' }));
    await service.post(alertBody({ pod: '' }));
    await service.post(alertBody({ alertname: 'Other' }));
    const items = await until('the decisions', async () => {
      const page = await service.get('/api/v1/alerts');
      return page.items.filter(decisionOf).length === 3 && page.items;
    });

    const indices = async (query: string) => {
      const page = await service.get(`/api/v1/alerts?${query}`);
      return page.items.map(({ id }) => items.findIndex((item) => item.id === id));
    };
    expect(await indices('outcome=unmatched')).toEqual([0]);
    expect(await indices('outcome=suppressed&outcome=declined')).toEqual([1, 2]);
    expect(await indices('outcome=recorded&limit=1')).toEqual([3]);
    expect(await indices('outcome=recorded&status=resolved')).toEqual([]);
    expect(await indices('prefix=crateDBcloud')).toEqual([2]);

    expect(items.map(decisionOf)).toEqual([
      undefined,
      'AlertDeclined',
      'CollectionSuppressed',
      'CollectionRequested',
    ]);
    expect(items[1]).toMatchObject({ became: 'declined', outcome: { reason: 'the alert has no label pod' } });
    expect(items[2]).toMatchObject({ became: 'suppressed', outcome: { reason: 'cooldown' } });
    expect(items[3]).toMatchObject({
      alertname: 'CrateDBContainerRestart',
      pod: collection?.pod,
      status: 'firing',
      outcome: { collectionId: collection?.id, state: 'uploaded' },
    });
  });

  it('is filtered by name, fingerprint, status, pod and time', async () => {
    const service = await start(nats.freshUrl());
    await service.post(captured('am0.33.1-group25_firing'));
    await service.post(alertBody({ alertname: 'Odd name.>*', pod: 'odd-0' }));
    await service.post(alertBody({ alertname: 'Odd name.>*', pod: 'odd-0' }, { status: 'resolved' }));
    const [all] = [(await pages(service)).flat()];
    const [odd] = all;
    const count = async (query: string) => (await pages(service, query)).flat().length;

    expect(all).toHaveLength(27);
    expect(await count(`&alertname=${encodeURIComponent('Odd name.>*')}`)).toBe(2);
    expect(await count('&alertname=Odd')).toBe(0);
    expect(await count(`&fingerprint=${String(odd?.['fingerprint'])}`)).toBe(2);
    expect(await count('&status=resolved')).toBe(1);
    expect(await count('&status=firing&pod=odd-0')).toBe(1);
    expect(await count(`&namespace=${String(odd?.namespace)}&pod=odd-0`)).toBe(2);
    expect(await count('&kubeContext=nowhere')).toBe(0);
    expect(await count('&since=1h')).toBe(27);
    expect(await count('&until=1h')).toBe(0);
    const storedAt = String(odd?.['storedAt']);
    expect(await count(`&since=${storedAt}&until=${storedAt}&status=resolved`)).toBe(1);
  });

  it.each(['status=gone', 'limit=0', 'limit=201', 'limit=x', 'after=x', 'since=yesterday', 'colour=red'])(
    'refuses %s and says which parameter is at fault',
    async (query) => {
      const service = await start(nats.freshUrl());
      const path = `/${query.split('=')[0] ?? ''}`;
      expect(await service.get(`/api/v1/alerts?${query}`)).toMatchObject({
        ...{ status: 400, code: 'bad-request', in: 'querystring', path },
      });
    },
  );
});

describe('one alert', () => {
  it('is told with every event about it, from its beginning to its end', async () => {
    const service = await start(nats.freshUrl());
    const labels = { alertname: 'CrateDBCloudNotResponsive', pod: 'told-0' };
    const { json } = await service.post(alertBody(labels));
    await service.whenState('uploaded');
    await service.post(alertBody(labels, { status: 'resolved' }));
    const id = json.alerts[0]?.id ?? '';
    const alert = await service.get(`/api/v1/alerts/${id}`);

    expect(alert).toMatchObject({
      id,
      pod: 'told-0',
      outcome: { decision: 'CollectionRequested', state: 'uploaded' },
    });
    expect(alert.events.map(({ type }) => type)).toEqual([
      'AlertReceived',
      'CollectionRequested',
      'AlertReceived',
    ]);
  });

  it('that is not there is 404, and what is no id is 400', async () => {
    const service = await start(nats.freshUrl());
    expect(await service.get(`/api/v1/alerts/${alertIdOf('x', 0n, 'firing')}`)).toMatchObject({
      status: 404,
      code: 'not-found',
    });
    expect(await service.get('/api/v1/alerts/x')).toMatchObject({ status: 400, in: 'params', path: '/id' });
  });
});
