import { describe, expect, it } from 'vitest';
import { parseAlertmanager } from '../../src/ingest/formats/alertmanager.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { alertBody, captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

describe('a label whose name has a line break in it', () => {
  const named = (value: unknown) => {
    const body = webhook();
    return { ...body, alerts: body.alerts.map((alert) => ({ ...alert, labels: { 'a\nb': value } })) };
  };

  it('is a label like any other', () => {
    const parsed = parseAlertmanager(alertBody({ 'a\nb\u2028': 'x' }), '2026-11-20T19:11:00.000Z');
    expect(parsed).toMatchObject({ alerts: [{ alert: { labels: { 'a\nb\u2028': 'x' } } }] });
  });

  it.each([7, null, {}, ['x']])('has to have a text as its value, not %j', (value) => {
    const parsed = parseAlertmanager(named(value), '2026-11-20T19:11:00.000Z');
    expect(parsed).toMatchObject({ alerts: [{ reason: '/alerts/0/labels/a\nb: Expected string' }] });
  });

  it('and whose value is nested a hundred thousand levels deep is answered 400', async () => {
    const service = await start(nats.freshUrl());
    const body = JSON.stringify(named('@')).replace('"@"', '['.repeat(100_000) + ']'.repeat(100_000));
    expect(await service.post(body)).toMatchObject({ status: 400, json: { code: 'all-alerts-rejected' } });
  });
});

describe('a webhook whose content type', () => {
  it.each(['x', '/', ';', 'application/json;;;', 'text/plain', 'multipart/form-data', '__proto__/x'])(
    'is %j is taken: its body is JSON all the same',
    async (type) => {
      const service = await start(nats.freshUrl(), { roles: ['ingest'] });
      const response = await fetch(`${service.url}/webhook/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: captured('am0.33.1-single_firing'),
      });
      expect(await response.json()).toMatchObject({ accepted: 1 });
    },
  );
});
