import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const good = webhook();

describe('a webhook that cannot be taken', () => {
  it.each([
    ['is not JSON', 400, 'not-json', '{"version":'],
    ['is empty', 400, 'not-json', ''],
    ['is of another version', 400, 'not-alertmanager-v4', { ...good, version: '3' }],
    ['has alerts of another type', 400, 'not-alertmanager-v4', { ...good, alerts: 'x' }],
    ['has only malformed alerts', 400, 'all-alerts-rejected', { ...good, alerts: [{ labels: {} }, 7] }],
    ['is larger than is allowed', 413, 'body-too-large', `"${'x'.repeat(40 * 1024 * 1024)}"`],
  ])('because it %s is answered %s', async (_, status, code, body) => {
    const service = await start(nats.freshUrl());
    const answer = await service.post(body);
    expect(answer).toMatchObject({ status, json: { status, code } });
    expect(answer.json.detail).not.toBe('');
  });

  it('because of its version says where the fault is', async () => {
    const service = await start(nats.freshUrl());
    const { json } = await service.post({ ...good, version: '5' });
    expect(json).toMatchObject({
      path: '/version',
      detail: '/version: Expected the version of the format: "4"',
    });
  });

  it('because one alert is malformed does not lose the others', async () => {
    const service = await start(nats.freshUrl());
    const { status, json } = await service.post({ ...good, alerts: [...good.alerts, { status: 'firing' }] });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      accepted: 1,
      alerts: [{ result: 'accepted' }, { result: 'rejected', id: null }],
    });
    expect(json.alerts[1]?.reason).toContain('/alerts/1/labels');
  });

  it('because too many bytes are under way is sent back with 503, and taken when there is room again', async () => {
    const service = await start(nats.freshUrl(), { maxInflightBytes: JSON.stringify(good).length + 100 });
    const { hostname, port } = new URL(service.url);
    const slow = connectTcp(Number(port), hostname);
    const begun = ' '.repeat(200);
    slow.write(
      `POST /webhook/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n${begun}`,
    );
    await until('503', async () => (await service.post(good)).status === 503);
    const { json } = await service.post(good);
    expect(json.code).toBe('overloaded');
    slow.destroy();
    await until('200', async () => (await service.post(good)).status === 200);
  });

  it('because the stream is 90 % full is sent back with 503: what is left is for outcomes', async () => {
    const service = await start(nats.freshUrl());
    const { jsm } = service.app.log.connection;
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_msgs: 20 });
    const other = () => service.post(alertBody({ alertname: 'Other', instance: String(performance.now()) }));
    const refused = await until('503', async () => {
      const answer = await other();
      return answer.status === 503 && answer;
    });
    expect(refused.json.detail).toMatch(/the stream holds \d+ of max_msgs 20: what is left is for outcomes/);
    expect((await jsm.streams.info(streamName)).state.messages).toBeLessThanOrEqual(20);
  });

  it('because the stream is gone or full is sent back with 503', async () => {
    const service = await start(nats.freshUrl());
    const { jsm } = service.app.log.connection;
    const { config } = await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, { ...config, max_bytes: 1_000 });
    expect(await service.post(good)).toMatchObject({ status: 503, json: { code: 'stream-unavailable' } });
    await jsm.streams.delete(streamName);
    expect(await service.post(good)).toMatchObject({ status: 503, json: { code: 'stream-unavailable' } });
    const ready = await fetch(`${service.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { stream: 'stream not found', board: 'ok' } });
  });
});

describe('the HTTP interface', () => {
  it('takes bodies as Alertmanager sends them, with hostile label names, and whatever they are called', async () => {
    const service = await start(nats.freshUrl());
    const hostile = `{"version":"4","alerts":[{"status":"firing","startsAt":"2026-01-01T00:00:00Z",
      "labels":{"__proto__":"x","constructor":"y","alertname":"a\\u0000b"}}]}`;
    const response = await fetch(`${service.url}/webhook/alertmanager/`, { method: 'POST', body: hostile });
    expect(await response.json()).toMatchObject({ accepted: 1, alerts: [{ alertname: 'a\0b' }] });
  });

  it('keeps idle connections longer than the five minutes of Alertmanager', async () => {
    const service = await start(nats.freshUrl());
    const { hostname, port } = new URL(service.url);
    const socket = connectTcp(Number(port), hostname);
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(Number(/Keep-Alive: timeout=(\d+)/i.exec(answer.toString())?.[1])).toBeGreaterThan(300);
    socket.destroy();
  });

  it('says that it lives, that it is ready, and what it has counted', async () => {
    const service = await start(nats.freshUrl());
    expect(await service.get('/health')).toEqual({ status: 'ok' });
    expect(await service.get('/ready')).toMatchObject({
      status: 'ready',
      checks: {
        stream: 'ok',
        'consumer intake': 'ok',
        'consumer collect': 'ok',
        'consumer upload': 'ok',
        board: 'ok',
      },
    });
    await service.post(captured('am0.33.1-single_firing'));
    await service.post(captured('am0.33.1-single_firing'));
    await service.whenState('uploaded');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const line of [
      'alert_watcher_alerts_received_total{alertname="CrateDBContainerRestart",status="firing",result="accepted"} 1',
      'alert_watcher_alerts_received_total{alertname="CrateDBContainerRestart",status="firing",result="duplicate"} 1',
      'alert_watcher_decisions_total{decision="CollectionRequested"} 1',
      'alert_watcher_attempts_total{stage="collect",result="success"} 1',
      'alert_watcher_collections_total{outcome="uploaded",stage="upload"} 1',
      'alert_watcher_board_pods 1',
      'alert_watcher_board_lag_messages 0',
    ]) {
      expect(metrics).toContain(`${line}\n`);
    }
  });

  it('lists collections page by page, newest first, and filters them', async () => {
    const service = await start(nats.freshUrl());
    await service.post(captured('am0.33.1-group25_firing'));
    await service.whenState('uploaded', 25);
    const ids: string[] = [];
    for (let after = ''; ;) {
      const page = await service.get(`/api/v1/collections?limit=10${after}`);
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === undefined) break;
      after = `&after=${String(page.next)}`;
    }
    expect(new Set(ids).size).toBe(25);
    const [first] = await service.collections();
    expect(ids[0]).toBe(first?.id);
    const { namespace = '', pod = '' } = first ?? {};
    expect((await service.get(`/api/v1/collections?pod=${pod}&namespace=${namespace}`)).items).toHaveLength(
      1,
    );
    const count = async (query: string) =>
      (await service.get(`/api/v1/collections?limit=200&${query}`)).items.length;
    expect(await count('state=failed')).toBe(0);
    expect(await count('state=failed&state=uploaded')).toBe(25);
    expect(await count(`prefix=${pod.toUpperCase().slice(0, -1)}`)).toBeGreaterThan(0);
    expect(await count(`prefix=${ids[0]?.slice(0, 16) ?? ''}`)).toBe(1);
    expect(await count('collector=sim&rule=collections%5B0%5D')).toBe(25);
    expect(await count('errorCode=timeout')).toBe(0);
    expect(first).toMatchObject({ collector: 'sim', run: 1, attempts: 1, durationSeconds: 0.05 });
    expect(first?.['bytes']).toBeGreaterThan(0);
    for (const query of ['state=gone', 'limit=0', 'limit=x', 'colour=red']) {
      expect(await service.get(`/api/v1/collections?${query}`), query).toMatchObject({
        status: 400,
        code: 'bad-request',
      });
    }
    expect(await service.get('/api/v1/collections/none')).toMatchObject({ status: 404, code: 'not-found' });
    expect(await service.get('/nowhere')).toMatchObject({ status: 404, code: 'not-found' });
  });
});
