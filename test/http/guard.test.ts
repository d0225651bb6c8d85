import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/config/config.ts';
import { addressesIn } from '../../src/http/guard/addresses.ts';
import { faultOfSignature, isOneOf } from '../../src/http/guard/credentials.ts';
import { rateLimit } from '../../src/http/guard/rate.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alert-watcher-guard-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const fileOf = (...secrets: string[]) => {
  const path = join(folder, `secret-${String((files += 1))}`);
  writeFileSync(path, `${secrets.join('\n')}\n`);
  return path;
};
const collections = `collections: [{ match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05 }]
collectors: { sim: { driver: simulated } }
`;
const body = captured('am0.33.1-single_firing');
const startWith = (yaml: string, onLine?: (line: string) => void) =>
  start(nats.freshUrl(), { rules: quickRules(collections + yaml) }, onLine);
const send = async (url: string, headers: Record<string, string> = {}, text = body) => {
  const answer = await fetch(url, { method: 'POST', body: text, headers });
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as { code?: string; detail?: string }) }; // prettier-ignore
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a source with a bearer token', () => {
  it('takes alerts with it, and none without, before it has read them', async () => {
    const yaml = `sources: [{ name: am-prod, auth: { bearerFile: ${fileOf('s3cret', 'next')} } }]`;
    const { url, app } = await startWith(yaml);
    const path = `${url}/webhook/am-prod`;
    const refused = await send(path);
    expect(refused).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="alert-watcher"');
    expect(await send(path, { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
    expect(await send(path, { authorization: 'Bearer wrong' }, 'no json')).toMatchObject({ status: 401 });
    const { state } = await app.log.connection.jsm.streams.info('ALERT_WATCHER', {
      subjects_filter: 'aw.alert.>',
    });
    expect(state.subjects).toBeUndefined();
    expect(await send(path, { authorization: 'Bearer next' })).toMatchObject({ status: 200 });
    expect(await send(`${url}/webhook/alertmanager`)).toMatchObject({ status: 404 });
    const alerts = await fetch(`${url}/api/v1/alerts`).then((answer) => answer.text());
    expect(alerts).not.toContain('s3cret');
  });

  it('takes the new one when the file has changed, and keeps the old one while it cannot be read', async () => {
    const file = fileOf('old');
    const { url } = await startWith(`sources: [{ name: am, auth: { bearerFile: ${file} } }]`);
    const status = async (token: string) =>
      (await send(`${url}/webhook/am`, { authorization: `Bearer ${token}` })).status;
    expect(await status('old')).toBe(200);
    await rm(file);
    expect(await status('old')).toBe(200);
    writeFileSync(file, 'new\n');
    utimesSync(file, new Date(), new Date(Date.now() + 5_000));
    await until('the new token', async () => (await status('new')) === 200);
    expect(await status('old')).toBe(401);
  });

  it('a name beside a token is no part of it; a changed file with a wrong line keeps the old ones, and the log says which', async () => {
    const file = fileOf('old name=am-prod', 'plain');
    const lines: string[] = [];
    const { url } = await startWith(`sources: [{ name: am, auth: { bearerFile: ${file} } }]`, (line) =>
      lines.push(line),
    );
    const status = async (token: string) =>
      (await send(`${url}/webhook/am`, { authorization: `Bearer ${token}` })).status;
    expect([await status('old'), await status('plain'), await status('am-prod')]).toEqual([200, 200, 401]);
    writeFileSync(file, 'newer-s3cret\nother-s3cret name=two words\n');
    await until('the log line', async () => {
      expect([await status('old'), await status('newer-s3cret')]).toEqual([200, 401]);
      return lines.some((line) => line.includes('cannot be used'));
    });
    const told = lines.filter((line) => line.includes('secrets last read'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ path: file, line: 2 });
    expect(lines.join()).not.toMatch(/s3cret|no longer be read/);
    writeFileSync(file, 'newest name=am-prod\n');
    await until('the newest token', async () => (await status('newest')) === 200);
  });

  it('an emptied token file closes it, and the log says so; a new token opens it again', async () => {
    const file = fileOf('old');
    const lines: string[] = [];
    const { url } = await startWith(`sources: [{ name: am, auth: { bearerFile: ${file} } }]`, (line) =>
      lines.push(line),
    );
    const status = async (token?: string) =>
      (await send(`${url}/webhook/am`, token === undefined ? {} : { authorization: `Bearer ${token}` }))
        .status;
    expect(await status('old')).toBe(200);
    // At the same time as before: a clock of a few milliseconds sees no difference.
    const { atime, mtime } = statSync(file);
    writeFileSync(file, '\n');
    utimesSync(file, atime, mtime);
    await until('nobody is let in', async () => (await status('old')) === 401);
    expect([await status(), await status('')]).toEqual([401, 401]);
    expect(lines.filter((line) => line.includes('is empty now'))).toHaveLength(1);
    expect(lines.join()).toContain(file);
    writeFileSync(file, 'new\n');
    await until('the new token', async () => (await status('new')) === 200);
  });
});

it('a source with users and passwords takes them by Basic', async () => {
  const { url } = await startWith(`sources: [{ name: am, auth: { basicFile: ${fileOf('prom:p:w')} } }]`);
  expect(await send(`${url}/webhook/am`, { authorization: basic('prom:p:w') })).toMatchObject({
    status: 200,
  });
  expect(await send(`${url}/webhook/am`, { authorization: basic('prom:p') })).toMatchObject({ status: 401 });
});

it('a source with signatures takes bodies that were signed now, and neither changed nor old ones', async () => {
  const hmac = `{ secretFile: ${fileOf('key')}, timestampHeader: X-Time, toleranceSeconds: 60 }`;
  const { url } = await startWith(`sources: [{ name: am, auth: { hmac: ${hmac} } }]`);
  const signed = (time: number, text = body) => ({
    'x-time': String(time),
    'x-signature': `sha256=${createHmac('sha256', 'key')
      .update(`${String(time)}.${text}`)
      .digest('hex')}`,
  });
  const now = Math.floor(Date.now() / 1_000);
  expect(await send(`${url}/webhook/am`, signed(now))).toMatchObject({ status: 200 });
  expect(await send(`${url}/webhook/am`, signed(now), `${body} `)).toMatchObject({ status: 401 });
  expect(await send(`${url}/webhook/am`, signed(now - 120))).toMatchObject({ status: 401 });
  expect(await send(`${url}/webhook/am`)).toMatchObject({ status: 401 });
});

it('a source takes no more requests a second than it may, and says so with 503, which Alertmanager repeats', async () => {
  const { url } = await startWith('sources: [{ name: am, rate: { perSecond: 0.001, burst: 2 } }]');
  const statuses = [];
  for (let nth = 0; nth < 3; nth += 1) statuses.push((await send(`${url}/webhook/am`)).status);
  expect(statuses).toEqual([200, 200, 503]);
  expect((await send(`${url}/webhook/am`)).headers.get('retry-after')).toBe('1');
});

describe('a signed body that is sent again', () => {
  const text = JSON.stringify({ alerts: [{ title: 'Pod restarts' }] });
  const signed = (of: string) => `sha256=${createHmac('sha256', 'key').update(of).digest('hex')}`;
  const answersTo = async (hmac: string, requests: Record<string, string>[]) => {
    const auth = `auth: { hmac: { secretFile: ${fileOf('key')}${hmac} } }`;
    const { url, app } = await startWith(`sources: [{ name: am, format: alerts, ${auth} }]`);
    const statuses = [];
    for (const headers of requests) statuses.push((await send(`${url}/webhook/am`, headers, text)).status);
    const info = await app.log.connection.jsm.streams.info('ALERT_WATCHER', { subjects_filter: 'aw.alert.*.*.*.*.AlertReceived' }); // prettier-ignore
    return {
      statuses,
      stored: Object.values(info.state.subjects ?? {}).reduce((sum, count) => sum + count, 0),
    };
  };

  it('with another Idempotency-Key, which is not signed, makes no new alerts', async () => {
    const headers = { 'x-signature': signed(text) };
    const keys = ['one', 'two', 'three'].map((key) => ({ ...headers, 'idempotency-key': key }));
    expect(await answersTo('', [...keys, headers])).toEqual({ statuses: [200, 200, 200, 200], stored: 1 });
  });

  it('within the time that it is good for makes no new alerts, and signed anew it is another request', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const at = (time: number, key: string) => ({
      ...{ 'x-time': String(time), 'idempotency-key': key },
      'x-signature': signed(`${String(time)}.${text}`),
    });
    const requests = [at(now, 'one'), at(now, 'two'), at(now, 'three'), at(now - 1, 'one')];
    expect(await answersTo(', timestampHeader: x-time', requests)).toEqual({ statuses: [200, 200, 200, 200], stored: 2 }); // prettier-ignore
  });
});

it('unsigned requests do not use up the rate of those that are signed', async () => {
  const hmac = `{ secretFile: ${fileOf('key')} }`;
  const rate = '{ perSecond: 0.001, burst: 2 }';
  const { url } = await startWith(`sources: [{ name: am, auth: { hmac: ${hmac} }, rate: ${rate} }]`);
  const sign = (key: string) => ({
    'x-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  });
  for (const headers of [{}, sign('guessed'), {}, sign('guessed')])
    expect(await send(`${url}/webhook/am`, headers)).toMatchObject({ status: 401 });
  const statuses = [];
  for (let nth = 0; nth < 3; nth += 1) statuses.push((await send(`${url}/webhook/am`, sign('key'))).status);
  expect(statuses).toEqual([200, 200, 503]);
});

it('a source takes alerts from its networks only, also behind a proxy that is trusted', async () => {
  const source = 'sources: [{ name: am, allow: [10.0.0.0/8] }]';
  const direct = await startWith(source);
  const from = { 'x-forwarded-for': '10.1.2.3' };
  expect(await send(`${direct.url}/webhook/am`, from)).toMatchObject({ status: 403, code: 'forbidden' });
  const proxied = await startWith(`${source}\ntrustedProxies: [127.0.0.1]`);
  expect(await send(`${proxied.url}/webhook/am`, from)).toMatchObject({ status: 200 });
  expect(await send(`${proxied.url}/webhook/am`)).toMatchObject({ status: 403 });
});

describe('the API with tokens', () => {
  it('is read with either token, and changed with the one for that only', async () => {
    const access = `access: { readTokenFile: ${fileOf('reader')}, actTokenFile: ${fileOf('actor')} }`;
    const { url, post } = await startWith(access);
    expect((await post(body)).status).toBe(200);
    const status = async (path: string, token?: string, init: RequestInit = {}) => {
      const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: token }) }; // prettier-ignore
      return (await fetch(url + path, { ...init, headers })).status;
    };
    for (const path of ['/api/v1/collections', '/api/v1/alerts', '/api/v1/explain/x', '/api/v1/events']) {
      expect(await status(path), path).toBe(401);
      expect(await status(path, 'Bearer wrong'), path).toBe(401);
    }
    for (const token of ['Bearer reader', 'Bearer actor', basic('anybody:reader')])
      expect(await status('/api/v1/collections', token)).toBe(200);
    for (const path of ['/health', '/ready', '/metrics']) expect(await status(path), path).toBe(200);
  });

  it('lets nobody read or act once the files are emptied', async () => {
    const [reader, actor] = [fileOf('reader'), fileOf('actor')];
    const { url } = await startWith(`access: { readTokenFile: ${reader}, actTokenFile: ${actor} }`);
    const status = async (token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      return (await fetch(`${url}/api/v1/collections`, { headers })).status;
    };
    for (const file of [reader, actor]) writeFileSync(file, '');
    for (const token of ['reader', 'actor', undefined])
      await until(`401 for ${String(token)}`, async () => (await status(token)) === 401);
  });
});

it.each([
  ['a file that is not there', 'access: { readTokenFile: /none }', 'no such file'],
  ['an empty file', `access: { actTokenFile: /dev/null }`, 'holds no secret'],
])('%s of secrets keeps the service from starting', async (_, yaml, message) => {
  await expect(startWith(yaml)).rejects.toThrow(message);
});

it('a process reads the secrets of what it serves, and no others', async () => {
  const yaml = 'sources: [{ name: am, auth: { bearerFile: /none } }]\naccess: { readTokenFile: /none }';
  const url = nats.freshUrl();
  const startAs = (role: Role) => start(url, { rules: quickRules(collections + yaml), roles: [role] });
  await expect(startAs('ingest')).rejects.toThrow('no such file');
  await expect(startAs('api')).rejects.toThrow('no such file');
  const { url: worker } = await startAs('intake');
  expect((await fetch(`${worker}/health`)).status).toBe(200);
  expect((await send(`${worker}/webhook/am`)).status).toBe(404);
  expect((await fetch(`${worker}/api/v1/collections`)).status).toBe(404);
});

it.each([
  ['sources: [{ name: a }, { name: a }]', 'sources.1.name (line 3): a is there twice'],
  ['sources: [{ name: api }]', 'api is what is asked for by hand'],
  ['sources: [{ name: a, allow: [10.0.0.0/99] }]', 'sources.0.allow.0 (line 3): 10.0.0.0/99 is no network'],
  ['sources: [{ name: a, auth: { bearerFile: x, basicFile: y } }]', 'are two ways: choose one'],
  ['sources: [{ name: a, auth: { clientNames: [x] } }]', 'only with tls.clientCaFile'],
  ['sources: [{ name: a, auth: { clientNames: ["a\\0b"] } }]', 'sources.0.auth.clientNames.0'],
])('the configuration %s is refused', (yaml, message) => {
  expect(() => quickRules(collections + yaml)).toThrow(message);
});

describe('always', () => {
  it('only one of the secrets is taken', () => {
    const secrets = fc.array(fc.string({ minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(secrets, fc.string(), (known, given) => {
        expect(isOneOf(given, () => known)).toBe(known.includes(given));
      }),
    );
  });

  it('a signature holds for its body and key only', () => {
    const signature = { header: 'x-sig', algorithm: 'sha512' as const, prefix: '', toleranceSeconds: 1 };
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (text, other, key) => {
        const headers = { 'x-sig': createHmac('sha512', key).update(text).digest('hex') };
        const fault = faultOfSignature(headers, other, signature, () => [key], 0);
        expect(fault === undefined).toBe(text === other);
      }),
    );
  });

  it('a rate lets through its burst and then so many a second', () => {
    const waits = fc.array(fc.nat({ max: 2_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(
        waits,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (gaps, rate, burst) => {
          let now = 0;
          const take = rateLimit(rate, burst, () => now);
          let taken = 0;
          for (const gap of gaps) {
            now += gap;
            if (take()) taken += 1;
          }
          expect(taken).toBeLessThanOrEqual(burst + (now / 1_000) * rate + 1e-9);
        },
      ),
    );
  });

  it('an address is in its own network and in none of another family', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), fc.nat({ max: 32 }), (v4, v6, bits) => {
        expect(addressesIn([`${v4}/${String(bits)}`])(v4)).toBe(true);
        expect(addressesIn(['0.0.0.0/0'])('no address')).toBe(false);
        expect(addressesIn([v6])(v6)).toBe(true);
      }),
    );
  });
});

it('who acts by hand is in the log, and in the event where the request does not say who', async () => {
  const lines: string[] = [];
  const actTokenFile = fileOf('t-ada name=ada', 't-plain');
  const { url } = await startWith(`access: { actTokenFile: ${actTokenFile} }`, (line) => lines.push(line));
  const act = async (token: string, path: string, asked: object) => {
    const answer = await fetch(`${url}/api/v1/collections${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-request-id': 'r-1',
      },
      body: JSON.stringify(asked),
    });
    return (await answer.json()) as { collectionId: string; event?: { data: { by?: string } } };
  };
  const pod = { kubeContext: 'prod', namespace: 'search', pod: 'search-0' };
  const { collectionId } = await act('t-ada', '', { ...pod, reason: 'slow\nqueries', durationSeconds: 30 });
  await act('t-ada', `/${collectionId}/cancel`, { reason: 'enough' });
  await act('t-ada', `/${collectionId}/cancel`, { reason: 'again' });
  const byName = await act('t-ada', `/${collectionId}/redrive`, { reason: 'more' });
  await act('t-plain', `/${collectionId}/cancel`, { reason: 'enough', by: 'bob' });
  const byLine = await act('t-plain', `/${collectionId}/redrive`, { reason: 'more' });
  expect([byName.event?.data.by, byLine.event?.data.by]).toEqual(['ada', 'api']);

  const told = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ action }) => action);
  const by = { level: 'info', client: 'ada', peer: '127.0.0.1', requestId: 'r-1', collectionId, by: 'ada' };
  expect(told).toMatchObject([
    { ...by, action: 'start', outcome: 'started', reason: 'slow\\u{a}queries', durationSeconds: 30, pod: 'search-0' },
    { ...by, action: 'cancel', outcome: 'done', reason: 'enough' },
    { ...by, action: 'cancel', outcome: 'refused', reason: 'again', detail: 'it has ended: it is cancelled' },
    { ...by, action: 'redrive', outcome: 'done' },
    { ...by, client: 'actTokenFile:2', by: 'bob', action: 'cancel' },
    { ...by, client: 'actTokenFile:2', by: 'api', action: 'redrive' },
  ]); // prettier-ignore
  expect(lines.join()).not.toMatch(/t-ada|t-plain/);
});
