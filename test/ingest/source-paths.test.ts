import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import type { OpenapiDocument } from '../support/openapi.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const post = async (url: string, body: unknown) => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { ...((await answer.json()) as { alerts?: object[] }), status: answer.status };
};
const sourceAt = (path: string, format = 'alertmanager') =>
  quickRules(`sources: [{ name: a, path: ${JSON.stringify(path)}, format: ${format} }]`);

describe('a source whose path is fixed by its sender', () => {
  it('has that path: beside what the API shows there, with a slash at its end, and with /sync below it', async () => {
    const rules = quickRules(`sources:
  - { name: am, path: /api/v1/alerts }
  - { name: titled, path: /alerts/webhook/, format: alerts }
`);
    const { url, get } = await start(nats.freshUrl(), { rules });
    expect(await post(`${url}/api/v1/alerts`, alertBody({}))).toMatchObject({ status: 200, accepted: 1 });
    expect((await get('/api/v1/alerts')).items).toHaveLength(1);
    const titled = { alerts: [{ title: 'High CPU usage' }] };
    for (const path of ['/alerts/webhook', '/alerts/webhook/', '/alerts/webhook/sync'])
      expect(await post(url + path, titled), path).toMatchObject({ status: 200, accepted: 1 });
    expect(await post(`${url}/webhook/am`, alertBody({}))).toMatchObject({ status: 404 });
    const { paths } = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as OpenapiDocument;
    expect(Object.keys(paths['/api/v1/alerts'] ?? {}).sort()).toEqual(['get', 'post']);
    expect(paths).toHaveProperty('/alerts/webhook/sync');
  });

  it.each([
    ['/', 'is no path such as /alerts/webhook'],
    ['alerts', 'is no path such as /alerts/webhook'],
    ['/a//b', 'is no path such as /alerts/webhook'],
    ['/:source', 'without parameters or wildcards'],
    ['/a/*', 'without parameters or wildcards'],
    ['/a?b=c', 'is no path such as /alerts/webhook'],
    ['/a b', 'is no path such as /alerts/webhook'],
    ['/a/../metrics', 'has a segment . or ..'],
    ['/health/', '/health is a path of the service itself'],
    ['/docs/json', '/docs/json is a path of the service itself'],
  ])('cannot have %s', (path, fault) => {
    expect(() => sourceAt(path)).toThrow(fault);
    expect(() => sourceAt(path)).toThrow('sources.0.path (line 1)');
  });

  it('cannot have what the service has: the list that is checked is that of its routes', async () => {
    const { url } = await start(nats.freshUrl());
    const { paths } = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as OpenapiDocument;
    const own = Object.entries(paths).filter(([path, { post: action }]) => action && !path.startsWith('/webhook/')); // prettier-ignore
    const probes = Object.keys(paths).filter((path) => !path.startsWith('/api/') && !path.startsWith('/webhook/')); // prettier-ignore
    const page = globSync('**/*.{js,css,svg}', { cwd: resolve(import.meta.dirname, '../../src/web') });
    const taken = [...own.map(([path]) => path.replaceAll(/\{\w+\}/g, 'x')), ...probes, ...page.map((file) => `/page/${file}`)]; // prettier-ignore
    expect([own.length, probes.length, page.length > 20]).toEqual([5, 3, true]);
    for (const path of [...taken, '/page/preact.js', '/docs']) expect(() => sourceAt(path), path).toThrow('sources.0.path'); // prettier-ignore
    // Nor may that of its /sync.
    expect(() => sourceAt('/docs/a', 'alerts')).toThrow('sources.0.path');
  });
});

describe('a source that may say some severities and types only', () => {
  const yaml = `sources: [{ name: alerts, format: alerts, severities: [Low, high], types: [performance] }]`;

  it('has others rejected alone, with what is allowed and without what was said', async () => {
    const { url } = await start(nats.freshUrl(), { rules: quickRules(yaml) });
    const alerts = [
      { title: 'a', severity: 'HIGH', type: 'performance' },
      { title: 'b', severity: 'p1-secret' },
      { title: 'c', type: 'Performance' },
      { title: 'd' },
    ];
    const told = await post(`${url}/webhook/alerts`, { alerts });
    expect(told).toMatchObject({ status: 200, accepted: 2 });
    expect(told.alerts).toMatchObject([
      { result: 'accepted' },
      { result: 'rejected', reason: '/alerts/1/severity: Expected one of low, high' },
      { result: 'rejected', reason: '/alerts/2/type: Expected one of performance' },
      { result: 'accepted' },
    ]);
    expect(JSON.stringify(told)).not.toContain('p1-secret');
    const document = await (await fetch(`${url}/api/v1/openapi.json`)).text();
    expect(document).toContain('in small letters; one of Low, high');
  });

  it('has to be one whose alerts have a title', () => {
    expect(() => quickRules('sources: [{ name: a, types: [x] }]')).toThrow(/sources\.0\.types \(line 1\): only alerts with a title/); // prettier-ignore
  });
});
