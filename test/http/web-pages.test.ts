import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { knownHosts } from '../../src/http/guard/hosts.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const body = captured('am0.33.1-single_firing');
const folder = mkdtempSync(join(tmpdir(), 'alert-watcher-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'token\n');

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** As fetch, which sets the Host itself. */
function ask(url: string, { method = 'GET', headers = {}, body: sent }: Asked) {
  return new Promise<{ status: number; code?: string; detail?: string }>((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      const status = answer.statusCode ?? 0;
      const isProblem = answer.headers['content-type']?.includes('json') && status >= 400;
      if (!isProblem) answer.resume();
      const problem = isProblem ? (json(answer) as Promise<object>) : Promise.resolve({});
      problem.then((members) => resolve({ ...members, status }), reject);
    });
    asked.once('error', reject);
    asked.end(sent);
  });
}

describe('any web page that starts recordings', () => {
  it.each([
    ['an Origin', { origin: 'https://evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['its own Origin', { origin: 'http://127.0.0.1' }],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }],
  ])('by posting plain text to the webhook is refused for %s, and counted', async (_, headers) => {
    const { url, collections } = await start(nats.freshUrl());
    const answer = await ask(`${url}/webhook/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
      body,
    });
    expect(answer).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await collections()).toEqual([]);
    const metrics = await fetch(`${url}/metrics`).then((each) => each.text());
    expect(metrics).toContain('alert_watcher_webhooks_refused_total{code="forbidden"} 1');
  });

  it('is no program: that may be called by hand, and says no such thing', async () => {
    const { url } = await start(nats.freshUrl());
    for (const headers of [{ 'sec-fetch-site': 'none' }, {}]) {
      const answer = await ask(`${url}/webhook/alertmanager`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
    }
  });

  it('by asking the API of another Origin is refused', async () => {
    const { url, collections } = await start(nats.freshUrl());
    const asked = { kubeContext: 'prod', namespace: 'search', pod: 'search-0', reason: 'x' };
    const post = async (headers: Record<string, string>) =>
      ask(`${url}/api/v1/collections`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(asked),
      });
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: url.replace(/\d+$/, '1') },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: url },
    ])
      expect(await post(headers), JSON.stringify(headers)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await collections()).toEqual([]);
    expect(await post({ origin: url, 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 202 });
    expect(await post({ origin: url })).toMatchObject({ status: 202 });
  });
});

describe('DNS rebinding', () => {
  const evil = { host: 'evil.example:8080' };
  const startWith = (yaml: string) => start(nats.freshUrl(), { rules: quickRules(yaml) });

  it('reads nothing and starts nothing where no credential is asked for', async () => {
    const { url } = await start(nats.freshUrl());
    for (const path of ['/', '/api/v1/collections', '/api/v1/collections/x/recording', '/api/v1/events', '/docs'])
      expect(await ask(url + path, { headers: evil }), path).toMatchObject({ status: 421, code: 'unknown-host' }); // prettier-ignore
    for (const path of ['/webhook/alertmanager', '/api/v1/collections']) {
      const refused = await ask(url + path, { method: 'POST', headers: evil, body });
      expect(refused, path).toMatchObject({ status: 421, code: 'unknown-host' });
      expect(refused.detail).toContain('allowedHosts');
    }
    const forwarded = { ...evil, 'x-forwarded-host': 'localhost' };
    expect(await ask(`${url}/api/v1/collections`, { headers: forwarded })).toMatchObject({ status: 421 });
    const metrics = await fetch(`${url}/metrics`).then((each) => each.text());
    expect(metrics).toContain('alert_watcher_webhooks_refused_total{code="unknown-host"} 1');
  });

  it('is no matter for probes and Prometheus, which know a process by its address', async () => {
    const { url } = await start(nats.freshUrl());
    for (const path of ['/health', '/ready', '/metrics'])
      expect(await ask(url + path, { headers: { host: '10.1.2.3:8080' } }), path).toMatchObject({ status: 200 }); // prettier-ignore
  });

  it('is told from the names of the service, which are configured', async () => {
    const { url } = await startWith('allowedHosts: [alert-watcher.monitoring.svc, 10.1.2.3]');
    for (const host of ['Alert-Watcher.monitoring.svc:8080', '10.1.2.3', 'localhost:1', '127.0.0.2', '[::1]:8080'])
      expect(await ask(`${url}/api/v1/collections`, { headers: { host } }), host).toMatchObject({ status: 200 }); // prettier-ignore
    for (const host of ['alert-watcher', 'x.alert-watcher.monitoring.svc', '10.1.2.4', '127.0.0.1.evil.example'])
      expect(await ask(`${url}/api/v1/collections`, { headers: { host } }), host).toMatchObject({ status: 421 }); // prettier-ignore
  });

  it('shows no token, and so asks in vain where one is wanted, whatever the Host is', async () => {
    const { url } = await startWith(
      `sources: [{ name: am, auth: { bearerFile: ${tokenFile} } }]\naccess: { readTokenFile: ${tokenFile} }`,
    );
    expect(await ask(`${url}/api/v1/collections`, { headers: evil })).toMatchObject({ status: 401 });
    const headers = { ...evil, authorization: 'Bearer token' };
    expect(await ask(`${url}/api/v1/collections`, { headers })).toMatchObject({ status: 200 });
    const send = { method: 'POST', body };
    expect(await ask(`${url}/webhook/am`, { ...send, headers: evil })).toMatchObject({ status: 401 });
    expect(await ask(`${url}/webhook/am`, { ...send, headers })).toMatchObject({ status: 200 });
  });

  it('is not let in by an address of its sender', async () => {
    const { url } = await startWith('sources: [{ name: am, allow: [127.0.0.0/8] }]');
    expect(await ask(`${url}/webhook/am`, { method: 'POST', headers: evil, body })).toMatchObject({ status: 421 }); // prettier-ignore
  });

  it.each([
    '',
    'localhost:80:80',
    '@localhost',
    'localhost/',
    '0.0.0.0',
    '[::1',
    '::1',
    'localhost.',
    ' localhost',
  ])('is not taken for loopback by the Host %j', (host) => {
    expect(knownHosts([])(host)).toBe(false);
  });

  it.each(['*', '*.svc', 'a:8080', 'http://a', 'a/b', '.a', ''])('is not let in by the name %j', (name) => {
    expect(() => quickRules(`allowedHosts: [${JSON.stringify(name)}]`)).toThrow('is no host name or address');
  });

  it('is warned of where a process is reached by other names than localhost', async () => {
    const lines: string[] = [];
    await start(nats.freshUrl(), { host: '0.0.0.0' }, (line) => lines.push(line));
    expect(lines.join()).toContain('answered only under localhost');
  });
});
