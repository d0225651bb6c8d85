import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { useNats } from '../support/nats.ts';
import { createAnswerCheck, type OpenapiDocument, type Operation } from '../support/openapi.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

const documentOf = async (service: TestService) =>
  (await (await fetch(`${service.url}/api/v1/openapi.json`)).json()) as OpenapiDocument;

const operationsOf = ({ paths }: OpenapiDocument): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

it('the OpenAPI document is valid 3.1', async () => {
  const document = await documentOf(await start(nats.freshUrl()));
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);

  expect(result.errors ?? []).toEqual([]);
  expect(validator.version).toBe('3.1');
});

it('the OpenAPI document has every route, each with words, tags, described parameters and its errors', async () => {
  const operations = operationsOf(await documentOf(await start(nats.freshUrl())));

  expect(operations.map(([name]) => name).sort()).toEqual([
    'GET /api/v1/alerts',
    'GET /api/v1/alerts/groups',
    'GET /api/v1/alerts/{id}',
    'GET /api/v1/collections',
    'GET /api/v1/collections/counts',
    'GET /api/v1/collections/{id}',
    'GET /api/v1/collections/{id}/artefacts/{name}',
    'GET /api/v1/collections/{id}/recording',
    'GET /api/v1/collections/{id}/replay',
    'GET /api/v1/events',
    'GET /api/v1/explain',
    'GET /api/v1/explain/{id}',
    'GET /api/v1/openapi.json',
    'GET /api/v1/pods',
    'GET /api/v1/rows',
    'GET /api/v1/search',
    'GET /api/v1/sources',
    'GET /health',
    'GET /metrics',
    'GET /ready',
    'HEAD /api/v1/collections/{id}/artefacts/{name}',
    'HEAD /api/v1/collections/{id}/recording',
    'POST /api/v1/collections',
    'POST /api/v1/collections/redrive',
    'POST /api/v1/collections/{id}/cancel',
    'POST /api/v1/collections/{id}/redrive',
    'POST /api/v1/rows/match',
    'POST /webhook/alertmanager',
  ]);
  for (const [name, { summary, description, tags, responses }] of operations) {
    expect([summary, description, tags[0]].every(Boolean), name).toBe(true);
    if (name.includes('/api/v1/') && !name.includes('openapi')) expect(responses, name).toHaveProperty('500');
  }
  const undescribed = operations.flatMap(([name, { parameters = [] }]) =>
    parameters.filter(({ description }) => !description).map((parameter) => `${name} ${parameter.name}`),
  );
  // Their names say it.
  expect(
    undescribed.filter(
      (each) => !/ (state|kubeContext|namespace|pod|alertname|fingerprint|status)$/.test(each),
    ),
  ).toEqual([]);
});

it('every route says whom it is for, and only POST changes anything, but for the one that asks what labels lead to', async () => {
  const operations = operationsOf(await documentOf(await start(nats.freshUrl())));
  const withAccess = (access: string) =>
    operations.filter(([, each]) => each['x-access'] === access).map(([name]) => name);

  expect(withAccess('act')).toEqual(
    operations
      .map(([name]) => name)
      .filter((name) => name.startsWith('POST /api/') && name !== 'POST /api/v1/rows/match'),
  );
  expect(withAccess('send')).toEqual(['POST /webhook/alertmanager']);
  expect(withAccess('open').sort()).toEqual(['GET /health', 'GET /metrics', 'GET /ready']);
  expect(withAccess('read')).toHaveLength(operations.length - 8);
});

it('a route that does not say whom it is for is no route', async () => {
  const server = createServer(createLogger('silent'));
  server.get('/', () => 'hello');
  await expect(server.ready()).rejects.toThrow('GET / does not say whom it is for');
  await server.close();
});

it('real answers are as the document says, with no field that it does not name', async () => {
  const rules = quickRules(`collections:
  - { match: ['pod=~"bad.*"'], collector: bad, durationSeconds: 0.05, timeoutSeconds: 10, maxAttempts: 2, backoff: { initialSeconds: 0.01 } }
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10 }
collectors: { sim: { driver: simulated }, bad: { driver: simulated, failTimes: 9 } }
`);
  const service = await start(nats.freshUrl(), { rules });
  const document = await documentOf(service);
  const check = createAnswerCheck(document);
  const faults: string[] = [];
  const ask = async (method: string, path: string, url: string, body?: unknown) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(service.url + url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: text }),
    });
    const json: unknown = await response.json();
    const fault = check(
      method.toLowerCase(),
      path,
      response.status,
      response.headers.get('content-type') ?? '',
      json,
    );
    if (fault !== undefined) faults.push(`${method} ${url} ${String(response.status)}: ${fault}`);
    return json as { id: string; collectionId: string; alerts: { id: string }[] };
  };
  const collections = '/api/v1/collections';
  const one = `${collections}/{id}`;

  const sent = await ask(
    'POST',
    '/webhook/alertmanager',
    '/webhook/alertmanager',
    captured('am0.33.1-single_firing'),
  );
  await ask('POST', '/webhook/alertmanager', '/webhook/alertmanager', alertBody({ pod: 'bad-0' }));
  await ask('POST', '/webhook/alertmanager', '/webhook/alertmanager', alertBody({ pod: '' }));
  await ask('POST', '/webhook/alertmanager', '/webhook/alertmanager', '{');
  const [uploaded] = await service.whenState('uploaded');
  const [failed] = await service.whenState('failed');
  await ask(
    'POST',
    '/webhook/alertmanager',
    '/webhook/alertmanager',
    alertBody({ pod: String(uploaded?.pod), instance: 'again' }),
  );
  const started = await ask('POST', collections, collections, {
    kubeContext: 'a',
    namespace: 'b',
    pod: 'bad-1',
    reason: 'x',
  });
  await ask('POST', collections, collections, { kubeContext: 'a', reason: 'x' });
  for (const id of [uploaded?.id ?? '', failed?.id ?? '', started.collectionId, 'none']) {
    await ask('GET', one, `${collections}/${id}`);
    await ask('GET', `${one}/replay`, `${collections}/${id}/replay`);
    await ask('POST', `${one}/cancel`, `${collections}/${id}/cancel`, { reason: 'x' });
    await ask('POST', `${one}/redrive`, `${collections}/${id}/redrive`, { reason: 'x' });
    await ask('GET', `${one}/replay`, `${collections}/${id}/replay`);
    if (id.length === 32) await ask('GET', '/api/v1/explain/{id}', `/api/v1/explain/${id}`);
  }
  await ask('GET', `${one}/recording`, `${collections}/${String(failed?.id)}/recording`);
  await ask('GET', collections, collections);
  await ask('GET', collections, `${collections}?limit=1`);
  await ask('GET', collections, `${collections}?limit=0`);
  for (const by of ['errorCode', 'pod', 'colour'])
    await ask('GET', `${collections}/counts`, `${collections}/counts?by=${by}`);
  await ask('GET', '/api/v1/sources', '/api/v1/sources');
  await ask('GET', '/api/v1/pods', '/api/v1/pods');
  for (const q of ['bad', String(uploaded?.id), String(sent.alerts[0]?.id), ''])
    await ask('GET', '/api/v1/search', `/api/v1/search?q=${q}`);
  await ask('GET', '/api/v1/pods', '/api/v1/pods?limit=1');
  const filter = { errorCode: 'collector-exited' };
  for (const dryRun of [true, false])
    await ask('POST', `${collections}/redrive`, `${collections}/redrive`, { filter, reason: 'x', dryRun });
  await ask('POST', `${collections}/redrive`, `${collections}/redrive`, { filter: {}, reason: 'x' });
  await ask('GET', '/api/v1/alerts', '/api/v1/alerts');
  await ask('GET', '/api/v1/alerts', '/api/v1/alerts?limit=2&since=1h');
  await ask('GET', '/api/v1/alerts/groups', '/api/v1/alerts/groups');
  await ask('GET', '/api/v1/alerts/groups', '/api/v1/alerts/groups?since=soon');
  await ask('GET', '/api/v1/alerts/{id}', `/api/v1/alerts/${String(sent.alerts[0]?.id)}`);
  await ask('GET', '/api/v1/alerts/{id}', `/api/v1/alerts/${'0'.repeat(64)}`);
  await ask('GET', '/api/v1/explain', '/api/v1/explain?pod=bad-0');
  await ask('GET', '/api/v1/explain', '/api/v1/explain?pod=nowhere');
  await ask('GET', '/api/v1/rows', '/api/v1/rows');
  await ask('POST', '/api/v1/rows/match', '/api/v1/rows/match', { labels: { alertname: 'CrateDBX', kube_context: 'a', namespace: 'b', pod: 'c' } }); // prettier-ignore
  await ask('POST', '/api/v1/rows/match', '/api/v1/rows/match', { labels: { alertname: 'CrateDBX' } });
  await ask('POST', '/api/v1/rows/match', '/api/v1/rows/match', {});
  await ask('GET', '/health', '/health');
  await ask('GET', '/ready', '/ready');

  expect(faults).toEqual([]);
});

it('a source of alerts with titles stands in the document, and its real answers are as it says', async () => {
  const rules = quickRules(`collections: [{ match: ['alertname="Slow"'], collector: sim, timeoutSeconds: 90 }]
collectors: { sim: { driver: simulated, tookSeconds: 60 } }
sources: [{ name: alerts, format: alerts, match: ['alertname!="Other"'] }]
`);
  const service = await start(nats.freshUrl(), { rules, shutdownGraceSeconds: 0 });
  const document = await documentOf(service);
  expect((await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)).errors ?? []).toEqual([]);
  const check = createAnswerCheck(document);
  const labels = { kube_context: 'a', namespace: 'b', pod: 'c' };
  const alerts = [{ title: 'slow', context: labels }, { title: 'slow' }, { title: 'other' }, { title: 'x' }, {}];
  const asked: [string, string, unknown][] = [
    ['/webhook/alerts', '', { alerts }],
    ['/webhook/alerts', '', { alerts: [{}] }],
    ['/webhook/alerts', '', 7],
    ['/webhook/alerts/sync', '?waitSeconds=1', { alerts }],
    ['/webhook/alerts/sync', '', { alerts: alerts.slice(2) }],
    ['/webhook/alerts/sync', '?waitSeconds=x', { alerts }],
  ];
  const answers = await Promise.all(
    asked.map(async ([path, query, body]) => {
      const response = await fetch(service.url + path + query, { method: 'POST', body: JSON.stringify(body) });
      const type = response.headers.get('content-type') ?? '';
      return [response.status, check('post', path, response.status, type, await response.json())];
    }),
  );
  expect(answers).toEqual([200, 400, 400, 202, 200, 400].map((status) => [status, undefined]));
}); // prettier-ignore

it('the viewer comes from this server alone, with a policy that allows nothing else', async () => {
  const service = await start(nats.freshUrl());
  const page = await fetch(`${service.url}/docs`);
  const html = await page.text();
  const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);

  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  expect(html).not.toMatch(/https?:\/\/|<script>/);
  expect(paths.length).toBeGreaterThan(4);
  for (const path of paths) {
    const response = await fetch(new URL(path, page.url));
    expect(response.status, path).toBe(200);
    expect((await response.arrayBuffer()).byteLength, path).toBeGreaterThan(100);
  }
});

it('a process without the role api serves none of it', async () => {
  const service = await start(nats.freshUrl(), { roles: ['ingest'] });
  for (const path of ['/docs', '/api/v1/openapi.json', '/api/v1/events', '/api/v1/alerts']) {
    expect((await fetch(service.url + path)).status, path).toBe(404);
  }
});

it('a field that a schema forgets is sent all the same', async () => {
  const server = createServer(createLogger('silent'));
  const schema = { response: { 200: { type: 'object', properties: { a: { type: 'number' } } } } };
  server.get('/', { schema, config: { access: 'read' } }, () => ({ a: 1, b: 2 }));
  expect((await server.inject('/')).json()).toEqual({ a: 1, b: 2 });
  await server.close();
});
