import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { requestIdOf } from '../../src/http/request-id.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
let folder = '';
let token = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-watcher-refusals-'));
  token = join(folder, 'token');
  writeFileSync(token, 's3cret\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const collections = `collections: [{ match: ['alertname="None"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
`;
const body = captured('am0.33.1-single_firing');

interface Line {
  level: string;
  msg: string;
  requestId: string;
  [field: string]: unknown;
}

/** A service, and the lines of its log so far. */
async function startLogged(yaml = '', config: Partial<Config> = {}) {
  const raw: string[] = [];
  const rules = quickRules(collections + yaml);
  const service = await start(nats.freshUrl(), { rules, ...config }, (line) => raw.push(line));
  const lines = () => raw.map((line) => JSON.parse(line) as Line);
  const refused = () => lines().filter(({ msg }) => /refused|not stored|not accepted/.test(msg));
  return { service, raw, lines, refused };
}

const post = async (url: string, text: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { method: 'POST', body: text, headers });
  const json = (await answer.json()) as { code?: string; requestId?: string };
  return { status: answer.status, id: answer.headers.get('x-request-id') ?? '', json };
};

describe('a webhook that is refused leaves a line with source, peer, code, status and the id of its answer', () => {
  const limits = { maxBodyBytes: 20_000, maxAlertsPerBody: 2 };
  const many = JSON.stringify({ ...webhook(), alerts: [1, 2, 3] });
  const bad = JSON.stringify({ ...webhook(), alerts: [{ labels: 1 }] });
  it.each([
    [400, 'not-json', '', 'no json'],
    [400, 'not-alertmanager-v4', '', '{"version":"3"}'],
    [400, 'all-alerts-rejected', '', bad],
    [401, 'unauthorized', 'auth: { bearerFile: TOKEN }', body],
    [403, 'forbidden', 'allow: [10.0.0.0/8]', body],
    [413, 'body-too-large', '', `"${'x'.repeat(30_000)}"`],
    [413, 'too-many-alerts', '', many],
    [413, 'body-too-complex', '', `[${'1,'.repeat(100)}1]`],
    [503, 'rate-limited', 'rate: { perSecond: 0.001, burst: 1 }', body],
  ])('%i %s', async (status, code, options, text) => {
    const { service, refused } = await startLogged(`sources: [{ name: am, ${options.replace('TOKEN', token)} }]`, limits); // prettier-ignore
    const send = () => post(`${service.url}/webhook/am`, text);
    const answer = code === 'rate-limited' ? await send().then(send) : await send();
    expect(answer).toMatchObject({ status, json: { code, requestId: answer.id } });
    expect(refused()).toEqual([
      expect.objectContaining({ level: 'warn', source: 'am', peer: '127.0.0.1', code, status, requestId: answer.id }),
    ]); // prettier-ignore
    expect(refused()[0]?.msg).toContain(
      status === 503 ? 'has to send it again' : 'none of its alerts is stored',
    );
    expect(refused()[0]?.['detail']).not.toBe('');
  });

  it('503 stream-unavailable, at the level error', async () => {
    const { service, refused } = await startLogged();
    await service.app.log.connection.jsm.streams.delete('ALERT_WATCHER');
    const answer = await post(`${service.url}/webhook/alertmanager`, body);
    expect(answer).toMatchObject({ status: 503, json: { code: 'stream-unavailable' } });
    expect(refused()).toEqual([
      expect.objectContaining({ level: 'error', msg: 'alerts are not accepted: the stream cannot take them', requestId: answer.id }),
    ]); // prettier-ignore
  });

  it('404 at a path of no source, without what may be a secret in its query', async () => {
    const { service, raw, refused } = await startLogged();
    await post(`${service.url}/webhook/wrong?token=hidden`, body);
    expect(refused()).toMatchObject([{ code: 'not-found', method: 'POST', path: '/webhook/wrong' }]);
    expect(raw.join()).not.toContain('hidden');
    await fetch(`${service.url}/favicon.ico`);
    expect(refused()).toHaveLength(1);
  });
});

it('many refusals leave two lines, whatever their senders choose, and the second one counts them', async () => {
  const { service, raw, refused } = await startLogged(
    `sources: [{ name: am, auth: { bearerFile: ${token} } }, { name: open }]\ntrustedProxies: [127.0.0.1]`,
  );
  const hostile = '\u001b[2J"}\u2028{"level":"info"}';
  for (let nth = 0; nth < 40; nth += 1) {
    await post(`${service.url}/webhook/am?n=${String(nth)}`, body, {
      ...{ 'x-forwarded-for': `${String(nth)} \u0085forged`, 'user-agent': `agent-${String(nth)}` },
      authorization: `Bearer ${String(nth)}`,
    });
    await post(`${service.url}/webhook/none-${String(nth)}-${encodeURIComponent(hostile)}`, body);
    await post(`${service.url}/webhook/open`, `${hostile}${String(nth)}`);
  }
  expect(refused()).toHaveLength(3);
  await service.close();
  const after = refused().slice(3);
  expect(after.map(({ code, count }) => [code, count]).sort()).toEqual([
    ['not-found', 39],
    ['not-json', 39],
    ['unauthorized', 39],
  ]);
  const [unauthorized] = after.filter(({ code }) => code === 'unauthorized');
  expect(unauthorized?.['peers']).toHaveLength(10);
  expect(unauthorized?.['peer']).toBe('39 \\u{85}forged');
  for (const line of raw) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}](?!$)/u);
});

it('a malformed alert of a webhook that is taken leaves a line with which one and why; many leave two', async () => {
  const { service, refused } = await startLogged();
  const { alerts, ...rest } = webhook();
  const bad = { labels: { alertname: 'Bad\u001b[2J' }, status: 'burning', fingerprint: 'f' };
  const mixed = JSON.stringify({ ...rest, alerts: [...alerts, bad, ...Array.from({ length: 50 }, () => 7)] });
  const answer = await post(`${service.url}/webhook/alertmanager`, mixed);
  expect(answer.status).toBe(200);
  expect(refused()).toMatchObject([
    {
      index: 1,
      ...{ level: 'warn', msg: 'a malformed alert of a webhook is not stored', requestId: answer.id },
      ...{ source: 'alertmanager', peer: '127.0.0.1', alertname: 'Bad\\u{1b}[2J', fingerprint: 'f' },
      detail: '/alerts/1/startsAt: Expected RFC 3339',
    },
  ]);
  await service.close();
  expect(refused()).toMatchObject([{ index: 1 }, { index: 51, count: 50, peers: ['127.0.0.1'] }]);
});

it('requests of the API that are refused leave a line: 401, 403, 415, 421, and what is no HTTP', async () => {
  const access = `access: { readTokenFile: ${token} }`;
  const { service, refused } = await startLogged(access);
  const list = `${service.url}/api/v1/collections`;
  const { status, headers } = await fetch(list);
  const bearer = { authorization: 'Bearer s3cret' };
  await post(list, '{}', bearer);
  await post(`${service.url}/`, 'x');
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () =>
    socket.write('NO HTTP\r\n\r\n'),
  );
  const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));

  expect(status).toBe(401);
  expect(refused()).toMatchObject([
    { code: 'unauthorized', status: 401, method: 'GET', path: '/api/v1/collections', requestId: headers.get('x-request-id') },
    { code: 'forbidden', status: 403, method: 'POST', path: '/api/v1/collections', client: 'readTokenFile:1' },
    { code: 'method-not-allowed', status: 405 },
    { code: 'bad-request', status: 400, peer: '127.0.0.1' },
  ]); // prettier-ignore
  expect(answer).toContain(`x-request-id: ${String(refused()[3]?.requestId)}`);

  const open = await startLogged();
  await post(`${open.service.url}/api/v1/collections`, 'x', { 'content-type': 'text/plain' });
  const misnamed = httpRequest(`${open.service.url}/api/v1/alerts`, { headers: { host: 'evil.example' } });
  await new Promise((resolve) => misnamed.once('response', resolve).end());
  expect(open.refused()).toMatchObject([
    { code: 'unsupported-media-type', status: 415 },
    { code: 'unknown-host', status: 421, path: '/api/v1/alerts' },
  ]);
  misnamed.destroy();
});

it('a sender that leaves in the middle of its body leaves a line with its address', async () => {
  const { service, refused } = await startLogged();
  const sender = httpRequest(`${service.url}/webhook/alertmanager`, { method: 'POST', headers: { 'content-length': '1000' } }); // prettier-ignore
  sender.on('error', () => undefined);
  await new Promise((resolve) => sender.write('{"version"', resolve));
  const isHeld = async () => /inflight_bytes 10\b/.test(await metricsOf(service));
  await until('its beginning', isHeld);
  sender.destroy();
  await until('a line', () => refused().length > 0);
  expect(refused()).toMatchObject([{ peer: '127.0.0.1', detail: 'the connection ended before the body' }]);
});

const metricsOf = async ({ url }: TestService) => (await fetch(`${url}/metrics`)).text();

describe('the id of a request', () => {
  it('is in every answer, that of the request where it has one, and in the lines of its alerts', async () => {
    const { service, lines } = await startLogged();
    const paths = ['/health', '/ready', '/metrics', '/', '/api/v1/collections', '/api/v1/events', '/none', '/api/v1/openapi.json', '/%zz']; // prettier-ignore
    const ids = await Promise.all(
      paths.map(async (path) => {
        const gone = new AbortController();
        const { headers } = await fetch(service.url + path, { signal: gone.signal });
        gone.abort();
        return headers.get('x-request-id');
      }),
    );
    for (const [index, id] of ids.entries()) expect(id, paths[index]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(paths.length);

    const answer = await post(`${service.url}/webhook/alertmanager`, body, { 'x-request-id': 'lb-1/2.3' });
    expect(answer.id).toBe('lb-1/2.3');
    const received = lines().filter(({ msg }) => msg === 'alert received');
    expect(received).toMatchObject([{ requestId: 'lb-1/2.3' }]);
  });

  it('is always plain and short, and the one that was sent if that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (given) => {
        const id = requestIdOf({ headers: { 'x-request-id': given } });
        expect(id).toMatch(/^[\w.:=+@/-]{1,128}$/);
        if (/^[a-z0-9-]{1,128}$/.test(given) && !given.startsWith('-')) expect(id).toBe(given);
        expect(requestIdOf({ headers: {} })).not.toBe(requestIdOf({ headers: {} }));
      }),
    );
    expect(requestIdOf({ headers: { 'x-request-id': 'f'.repeat(128) } })).toBe('f'.repeat(128));
    expect(requestIdOf({ headers: { 'x-request-id': 'f'.repeat(129) } })).toHaveLength(36);
  });
});

it('a user and a password in a URL are in no line and no answer', async () => {
  const { service, raw, refused } = await startLogged();
  const { hostname, port } = new URL(service.url);
  const ask = (method: string, target: string) =>
    new Promise<string>((resolve, reject) => {
      const head = `${method} ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`;
      const socket = connect(Number(port), hostname, () => socket.write(head));
      let answer = '';
      socket.on('data', (part: Buffer) => (answer += part.toString()));
      socket.on('end', () => resolve(answer)).on('error', reject);
    });
  const asked = [
    ['POST', 'http://ada:p4ss@localhost/nothing', '/nothing'],
    ['POST', 'http://ada:p4/p4ss@localhost/nothing', '/nothing'],
    ['POST', 'http://ada:p4?p4ss@localhost/nothing', '/'],
    ['POST', 'http://ada:p4#p4ss@localhost/nothing', '/'],
    ['POST', 'HTTP://ada:p4ss@localhost?p4ss', '/'],
    ['DELETE', 'http://ada:p4ss@localhost/api/v1/collections', '/api/v1/collections'],
    ['POST', 'http://ada:p4ss@localhost/%zz', '/%zz'],
    ['GET', 'http://ada:p4ss@localhost/api/v1/collections/%zz?p4ss', '/api/v1/collections/%zz'],
    [
      'GET',
      `http://ada:p4ss@localhost/api/v1/collections/${'x'.repeat(200)}/events`,
      '/api/v1/collections/x',
    ],
  ] as const;
  for (const [method, target, path] of asked) {
    const answer = await ask(method, target);
    expect(answer).toMatch(/^HTTP\/1.1 4/);
    expect(answer).toContain(path);
    expect(answer).not.toMatch(/p4|ada/);
  }
  await until('the lines', () => refused().length > 0);
  await service.app.close();
  expect(raw.join()).toContain('/nothing');
  expect(raw.join()).not.toMatch(/p4|ada/);
});
