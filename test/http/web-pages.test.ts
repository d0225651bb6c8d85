import { describe, expect, it } from 'vitest';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const body = captured('am0.33.1-single_firing');

describe('any web page that starts recordings', () => {
  it.each([
    ['an Origin', { origin: 'https://evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['its own Origin', { origin: 'http://127.0.0.1' }],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }],
  ])('by posting plain text to the webhook is refused for %s, and counted', async (_, headers) => {
    const { url, collections } = await start(nats.freshUrl());
    const answer = await fetch(`${url}/webhook/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
      body,
    });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'forbidden' });
    expect(await collections()).toEqual([]);
    const metrics = await fetch(`${url}/metrics`).then((each) => each.text());
    expect(metrics).toContain('alert_watcher_webhooks_refused_total{code="forbidden"} 1');
  });

  it('is no program: that may be called by hand, and says no such thing', async () => {
    const { url } = await start(nats.freshUrl());
    const headers = { 'sec-fetch-site': 'none' };
    for (const each of [headers, {}]) {
      const answer = await fetch(`${url}/webhook/alertmanager`, { method: 'POST', headers: each, body });
      expect(answer.status).toBe(200);
    }
  });
});
