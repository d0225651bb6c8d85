import { connect as connectTcp } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { type Item, quickRules, type TestService, useServices } from '../support/service.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

async function post(service: TestService, path: string, body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body: text,
  });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Item };
}

const rules = (collector: string) =>
  quickRules(`collections:
  - { name: all, match: ['alertname=~".*"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10, maxAttempts: 1 }
collectors: { sim: ${collector} }
`);

const pod = { kubeContext: 'prod', namespace: 'search', pod: 'search-0' };

describe('a recording by hand', () => {
  it('is started for a pod, with who asked and why in the event', async () => {
    const service = await start(nats.freshUrl());
    const answer = await post(service, '/api/v1/collections', {
      ...pod,
      reason: 'slow queries',
      by: 'ada',
      durationSeconds: 0.1,
    });
    const [collection] = await service.whenState('uploaded');

    expect(answer).toMatchObject({
      status: 202,
      json: {
        outcome: 'started',
        collectionId: collection?.id,
        event: { type: 'CollectionRequested', data: { plan: { durationSeconds: 0.1 } } },
      },
    });
    expect(answer.headers.get('location')).toBe(`/api/v1/collections/${String(collection?.id)}`);
    expect(JSON.stringify(answer.json)).toContain('slow queries');
  });

  it('joins the recording that is being made', async () => {
    const service = await start(nats.freshUrl(), {
      rules: rules('{ driver: simulated, tookSeconds: 5 }'),
      shutdownGraceSeconds: 0,
    });
    const first = await post(service, '/api/v1/collections', { ...pod, reason: 'one' });
    const second = await post(service, '/api/v1/collections', { ...pod, reason: 'two' });

    expect(second.json).toMatchObject({ outcome: 'attached', collectionId: first.json['collectionId'] });
  });

  it.each([
    ['no reason', { ...pod }, '/reason'],
    ['an empty reason', { ...pod, reason: '' }, '/reason'],
    ['a pod that is no name', { ...pod, pod: '--help', reason: 'x' }, '/pod'],
    ['a duration of nothing', { ...pod, reason: 'x', durationSeconds: 0 }, '/durationSeconds'],
    ['a field that is not known', { ...pod, reason: 'x', colour: 'red' }, '/colour'],
  ])('is refused for %s, naming the field', async (_, body, path) => {
    const service = await start(nats.freshUrl());
    const { json } = await post(service, '/api/v1/collections', body);
    expect(json).toMatchObject({ status: 400, code: 'bad-request', in: 'body', path });
  });

  it('is refused with 409 for a row that there is not', async () => {
    const service = await start(nats.freshUrl());
    const { json } = await post(service, '/api/v1/collections', { ...pod, reason: 'x', rule: 'nope' });
    expect(json).toMatchObject({ status: 409, code: 'refused' });
    expect(json['detail']).toContain('there is no row nope in collections');
  });
});

describe('a collection', () => {
  it('that is under way is cancelled, and can be redriven then', async () => {
    const service = await start(nats.freshUrl(), { rules: rules('{ driver: simulated, tookSeconds: 1 }') });
    const { json } = await post(service, '/api/v1/collections', { ...pod, reason: 'x' });
    const id = String(json['collectionId']);
    const cancelled = await post(service, `/api/v1/collections/${id}/cancel`, {
      reason: 'wrong pod',
      by: 'ada',
    });
    const again = await post(service, `/api/v1/collections/${id}/cancel`, { reason: 'again' });

    expect(cancelled).toMatchObject({
      status: 202,
      json: {
        collectionId: id,
        event: {
          type: 'CollectionFailed',
          data: { error: { code: 'cancelled', message: 'cancelled by ada: wrong pod' } },
        },
      },
    });
    expect(again.json).toMatchObject({
      status: 409,
      code: 'refused',
      detail: 'it has ended: it is cancelled',
    });
    const redriven = await post(service, `/api/v1/collections/${id}/redrive`, {
      reason: 'right pod after all',
    });
    expect(redriven).toMatchObject({
      status: 202,
      json: { event: { type: 'CollectionRedriven', data: { run: 2, by: 'api' } } },
    });
    await service.whenState('uploaded');
  });

  it('that has not failed is not redriven, and one that there is not is 404', async () => {
    const service = await start(nats.freshUrl());
    await service.post(captured('am0.33.1-single_firing'));
    const [collection] = await service.whenState('uploaded');
    const refused = await post(service, `/api/v1/collections/${String(collection?.id)}/redrive`, {
      reason: 'x',
    });

    expect(refused.json).toMatchObject({
      status: 409,
      code: 'refused',
      detail: 'it has not failed: it is uploaded',
    });
    for (const act of ['redrive', 'cancel']) {
      const { json } = await post(service, `/api/v1/collections/none/${act}`, { reason: 'x' });
      expect(json).toMatchObject({ status: 404, code: 'not-found' });
    }
  });

  it('is replayed event by event, with the state of its pod before and after', async () => {
    const service = await start(nats.freshUrl());
    await service.post(captured('am0.33.1-single_firing'));
    const [collection] = await service.whenState('uploaded');
    const { items, cut } = await service.get(`/api/v1/collections/${String(collection?.id)}/replay`);

    expect(cut).toBe(false);
    expect(items.map(({ type, changed, effects }) => [type, changed, effects])).toEqual([
      ['CollectionRequested', true, ['collect']],
      ['CollectionAttemptStarted', true, []],
      ['JfrCollected', true, ['upload']],
      ['Uploaded', true, []],
    ]);
    expect(items[0]).toMatchObject({
      before: { value: 'idle', current: null },
      after: { value: 'collecting', current: { attempts: 0 } },
    });
    expect(items[3]?.['after']).toEqual(expect.objectContaining({ value: 'idle', uploads: [] }));
    for (const [index, item] of items.entries()) {
      if (index > 0) expect(item['before']).toEqual(items[index - 1]?.['after']);
    }
  });
});

describe('a page of another site', () => {
  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'])(
    'can have nothing done by a form of type %s',
    async (type) => {
      const service = await start(nats.freshUrl());
      const { json } = await post(service, '/api/v1/collections', { ...pod, reason: 'x' }, type);
      expect(json).toMatchObject({ status: 415, code: 'unsupported-media-type' });
      expect(await service.collections()).toEqual([]);
    },
  );

  it('is not told that it may read', async () => {
    const service = await start(nats.freshUrl());
    const response = await fetch(`${service.url}/api/v1/collections`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('errors', () => {
  it.each([
    ['GET', '/nowhere', 404, 'not-found'],
    ['DELETE', '/api/v1/collections', 405, 'method-not-allowed'],
    ['GET', '/webhook/alertmanager', 405, 'method-not-allowed'],
    ['PUT', '/api/v1/collections/abc/recording/', 405, 'method-not-allowed'],
    ['GET', '/api/v1/collections/%', 400, 'bad-request'],
  ])('of %s %s are problem details: %s %s', async (method, path, status, code) => {
    const service = await start(nats.freshUrl());
    const response = await fetch(service.url + path, { method });

    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      status,
      code,
      type: `urn:problem-type:alert-watcher:${code}`,
    });
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get('allow')).toMatch(/GET|POST/);
  });

  it.each([
    ['not JSON', '{"reason":', 400, 'not-json'],
    ['nothing', '', 400, 'not-json'],
    ['too much', JSON.stringify({ reason: 'x'.repeat(2_000_000) }), 413, 'body-too-large'],
  ])('of a body that is %s are problem details', async (_, body, status, code) => {
    const service = await start(nats.freshUrl());
    expect((await post(service, '/api/v1/collections', body)).json).toMatchObject({ status, code });
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad-request'],
    [
      'too many headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
  ])('of what is %s are problem details', async (_, text, status, code) => {
    const service = await start(nats.freshUrl());
    const { hostname, port } = new URL(service.url);
    const socket = connectTcp(Number(port), hostname);
    socket.write(text);
    const [head = '', body = ''] = (await textOf(socket)).split('\r\n\r\n');

    expect(head).toContain(`HTTP/1.1 ${String(status)} `);
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it('of NATS being away are 503 and pass by themselves', async () => {
    const service = await start(nats.freshUrl());
    await service.post(alertBody({ alertname: 'Other' }));
    await service.app.log.connection.nc.close();
    expect(await service.get('/api/v1/alerts')).toMatchObject({ status: 503, code: 'not-ready' });
  });
});
