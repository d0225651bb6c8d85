import { describe, expect, it } from 'vitest';
import { newsIn } from '../../src/ingest/renew.ts';
import { createEvent, type StoredEvent } from '../../src/events/envelope.ts';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { append } from '../../src/log/write/append.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { brokenPromises } from '../support/audit.ts';
import { alertRef, at } from '../support/events.ts';
import { eventsOf, whenHandled, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { alertBody, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const rules = (cooldownSeconds: number) =>
  quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: ${String(cooldownSeconds)} }
collectors: { sim: { driver: simulated } }
`);
const firing = alertBody({});
const resolved = alertBody({}, { status: 'resolved' });
const from = (externalURL: string, body: object) => ({ ...body, externalURL });
const resultOf = async (service: TestService, body: unknown) => {
  const { status, json } = await service.post(body);
  expect(status).toBe(200);
  return json.alerts.map(({ result }) => result).join();
};

describe('an alert that fires again after its end, with the same startsAt', () => {
  it('is renewed, recorded, and its end counts again', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(0) });
    const { connection } = service.app.log;
    const results = [];
    for (const body of [firing, resolved]) results.push(await resultOf(service, body));
    await service.whenState('uploaded');
    for (const body of [firing, firing]) results.push(await resultOf(service, body));
    await service.whenState('uploaded', 2);
    for (const body of [resolved, resolved]) results.push(await resultOf(service, body));
    expect(results).toEqual(['accepted', 'accepted', 'renewed', 'duplicate', 'renewed', 'duplicate']);
    const renewed = await eventsOf(connection, 'AlertRenewed');
    expect(renewed.map(({ data }) => [data.status, data.reason])).toEqual([
      ['firing', 'returned'],
      ['resolved', 'returned'],
    ]);
    const [received] = await eventsOf(connection, 'AlertReceived');
    expect(renewed[0]?.data.alertId).toBe(received?.id);
    const explained = await service.get(`/api/v1/explain/${received?.id ?? ''}`);
    expect(JSON.stringify(explained)).toContain('firing again');
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('told late by a second Alertmanager is no new recording: it waits for the cooldown, and by then its end is told, too', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(1.5) });
    const { connection } = service.app.log;
    await service.post(from('http://am-1', firing));
    await service.whenState('uploaded');
    await service.post(from('http://am-1', resolved));
    expect(await resultOf(service, from('http://am-2', firing))).toBe('renewed');
    await whenThere(connection, 'CollectionSuppressed');
    expect(await resultOf(service, from('http://am-2', resolved))).toBe('renewed');
    await whenThere(connection, 'CooldownElapsed');
    await whenHandled(connection);
    expect(await service.collections()).toHaveLength(1);
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('that waits for a cooldown is recorded at its end', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(1.5) });
    await service.post(firing);
    await service.whenState('uploaded');
    await service.post(resolved);
    expect(await resultOf(service, firing)).toBe('renewed');
    await service.whenState('uploaded', 2);
  });

  it('is renewed once, by however many processes hear it at once', async () => {
    const url = nats.freshUrl();
    const services = [];
    for (let nth = 0; nth < 3; nth += 1) services.push(await start(url, { roles: ['ingest'] }));
    const [first] = services as [TestService];
    await first.post(firing);
    await first.post(resolved);
    await Promise.all(services.flatMap((each) => [each.post(firing), each.post(firing)]));
    expect(await eventsOf(first.app.log.connection, 'AlertRenewed')).toHaveLength(1);
  });
});

describe('one fingerprint, startsAt and status', () => {
  const named = (alertname: string) => {
    const body = alertBody({ alertname });
    return { ...body, alerts: body.alerts.map((alert) => ({ ...alert, fingerprint: 'made-up' })) };
  };

  it('under two alert names is two alerts, each with an id of its own, and a repeat of either is a duplicate', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest'] });
    const { connection } = service.app.log;
    const { config } = await connection.jsm.streams.info(streamName);
    await connection.jsm.streams.update(streamName, { ...config, duplicate_window: 1e8 });
    expect([await resultOf(service, named('A')), await resultOf(service, named('B'))]).toEqual(['accepted', 'accepted']); // prettier-ignore
    // For much longer than the server remembers an id.
    const until = performance.now() + 500;
    while (performance.now() < until)
      for (const name of ['A', 'B']) expect(await resultOf(service, named(name))).toBe('duplicate');
    const stored = await eventsOf(connection, 'AlertReceived');
    expect(new Set(stored.map(({ id }) => id)).size).toBe(2);
    expect(stored).toHaveLength(2);
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('that an earlier version stored under another id is a duplicate with that id', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest'] });
    const { connection } = service.app.log;
    await service.post(named('A'));
    const [event] = await eventsOf(connection, 'AlertReceived');
    if (!event) throw new Error('nothing is stored');
    await connection.jsm.streams.purge(streamName);
    await append(connection, { ...event, id: 'as-it-was' }, undefined, { deduplicate: false });
    expect((await service.post(named('A'))).json.alerts).toMatchObject([
      { result: 'duplicate', id: 'as-it-was' },
    ]);
  });

  it('that was purged and is repeated while the server still knows its id is stored anew', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest'] });
    const { connection } = service.app.log;
    await service.post(firing);
    await connection.jsm.streams.purge(streamName);
    const { json } = await service.post(firing);
    const [stored] = await eventsOf(connection, 'AlertReceived');
    expect(json.alerts).toMatchObject([{ result: 'accepted', id: stored?.id }]);
    expect(stored).toBeDefined();
    expect(await resultOf(service, firing)).toBe('duplicate');
  });

  it('that was purged is stored anew in a group of hundreds, too', async () => {
    const service = await start(nats.freshUrl(), { roles: ['ingest'] });
    const { connection } = service.app.log;
    const body = webhook('am0.25.0-group500');
    await service.post(body);
    await connection.jsm.streams.purge(streamName);
    expect((await service.post(body)).json).toMatchObject({ accepted: 500, duplicates: 0 });
    expect(await eventsOf(connection, 'AlertReceived')).toHaveLength(500);
  });
});

describe('a repeat', () => {
  const ref = alertRef(1);
  const told = (status: 'firing' | 'resolved', sequence: number, seconds = 0, summary = 'as it was') => {
    const data: AlertReceivedData = {
      ...{ source: 'am', receiver: 'r', groupKey: '{}', status, labels: { alertname: ref.alertname } },
      ...{ annotations: { summary }, startsAt: ref.startsAt, generatorURL: '', externalURL: '' },
      ...{ fingerprint: ref.fingerprint, receivedAt: at(seconds) },
    };
    const event = createEvent('AlertReceived', data, { part: 'ingest', time: at(seconds) });
    return { ...event, sequence, storedAt: at(seconds) } satisfies StoredEvent;
  };
  const unanswered = (sequence: number, repeat?: number) => {
    const data = { ...ref, reason: 'failed' as const, ...(repeat === undefined ? {} : { repeat }) };
    return { ...createEvent('AlertUnanswered', data, { part: 'collect', time: at(1) }), sequence, storedAt: at(1) } satisfies StoredEvent; // prettier-ignore
  };

  it.each([
    ['with the same annotations', 'as it was', 7_200, undefined],
    ['with others within the hour', 'changed', 3_599, undefined],
    ['with others an hour later', 'changed', 3_600, { reason: 'changed' }],
  ])('%s is news or not', (_, summary, seconds, news) => {
    expect(newsIn({ firing: told('firing', 1) }, told('firing', 0, seconds, summary).data)).toEqual(news);
  });

  it('after the alert was left without a recording is news once, and says which repeat it is', () => {
    const repeat = told('firing', 0, 60).data;
    expect(newsIn({ firing: told('firing', 1), unanswered: unanswered(2, 3) }, repeat)).toEqual({ reason: 'repeated', repeat: 3 }); // prettier-ignore
    expect(newsIn({ firing: told('firing', 3), unanswered: unanswered(2) }, repeat)).toBeUndefined();
  });

  it('of the end is news only after the alert was told to fire', () => {
    const end = told('resolved', 0, 60).data;
    expect(newsIn({ firing: told('firing', 1), resolved: told('resolved', 2) }, end)).toBeUndefined();
    expect(newsIn({ firing: told('firing', 3), resolved: told('resolved', 2) }, end)).toEqual({ reason: 'returned' }); // prettier-ignore
  });

  it('with annotations that changed is stored and not decided again', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(0) });
    const { connection } = service.app.log;
    const body = webhook();
    const [alert] = body.alerts;
    await service.post(body);
    await service.whenState('uploaded');
    // As it was an hour and a half ago.
    const { jsm } = connection;
    const [event] = await eventsOf(connection, 'AlertReceived');
    if (!event || !alert) throw new Error('no alert');
    await jsm.streams.purge(streamName, { filter: 'aw.alert.>' });
    const old = createEvent('AlertReceived', { ...event.data, receivedAt: new Date(Date.now() - 5_400_000).toISOString() }, { part: 'ingest', time: event.time }); // prettier-ignore
    await append(connection, old, undefined, { deduplicate: false });
    // To the intake, that is an alert that it has not decided.
    await service.whenState('uploaded', 2);
    const other = {
      ...alert,
      annotations: { ...alert.annotations, runbook: 'https://runbooks.example/crash' },
    };
    expect(await resultOf(service, { ...body, alerts: [other] })).toBe('renewed');
    expect(await resultOf(service, { ...body, alerts: [other] })).toBe('duplicate');
    const [renewed] = await eventsOf(connection, 'AlertRenewed');
    expect(renewed?.data).toMatchObject({ reason: 'changed', annotations: { runbook: 'https://runbooks.example/crash' } }); // prettier-ignore
    await whenHandled(connection);
    expect(await eventsOf(connection, 'CollectionRequested')).toHaveLength(2);
  });
});
