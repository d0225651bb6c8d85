import { describe, expect, it } from 'vitest';
import { decisionTypes } from '../../src/collection/intake/decide.ts';
import { elapsedOf } from '../../src/collection/pod/cooldowns.ts';
import { endOverdue } from '../../src/collection/intake/overdue.ts';
import { podOf } from '../../src/book/pod-of-alert.ts';
import { createPods } from '../../src/collection/pods.ts';
import { createEvent, type StoredEvent } from '../../src/events/envelope.ts';
import { receptionIdOf } from '../../src/events/ids.ts';
import { nanosOf, timeOf } from '../../src/events/instant.ts';
import { append } from '../../src/log/write/append.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createReactorMetrics } from '../../src/kernel/react/metrics.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { brokenPromises } from '../support/audit.ts';
import { eventsOf, whenHandled, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const rules = (cooldownSeconds = 0) =>
  quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: ${String(cooldownSeconds)} }
collectors: { sim: { driver: simulated } }
`);

/** So many alerts about one pod in one webhook. */
function manyOf(count: number) {
  const body = alertBody({});
  const [alert] = body.alerts;
  const numbered = (number: number) => ({ ...alert, labels: { ...alert?.labels, number: String(number) } });
  return { ...body, alerts: Array.from({ length: count }, (_, number) => numbered(number)) };
}

/** What the timer of a cooldown says that was set for an alert, a moment ago. */
function elapsedFor(alert: StoredEvent<'AlertReceived'>) {
  const found = podOf(alert.data.labels);
  if (!('pod' in found)) throw new Error('no pod');
  const { labels, fingerprint, startsAt, receivedAt } = alert.data;
  const until = timeOf(Date.now());
  const about = { alertId: alert.id, alertname: labels['alertname'] ?? '', fingerprint, startsAt };
  const suppressed = createEvent(
    'CollectionSuppressed',
    { ...found.pod, ...about, reason: 'cooldown', until, afterCollectionId: '0'.repeat(32) },
    { part: 'intake', time: until, causeId: receptionIdOf(alert.id, nanosOf(receivedAt) ?? 0n) },
  );
  const elapsed = elapsedOf(suppressed);
  if (!elapsed) throw new Error('no cooldown');
  return elapsed;
}

async function decisionsOf({ app }: TestService): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { data } of await eventsOf(app.log.connection, ...decisionTypes)) {
    const alertId = 'trigger' in data ? data.trigger.alertId : data.alertId;
    counts.set(alertId, (counts.get(alertId) ?? 0) + 1);
  }
  return counts;
}

describe('an alert is decided once', () => {
  it('of thousands about one pod, also by an intake that begins anew because its durable was deleted', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules: rules() });
    const { connection } = service.app.log;
    await service.post(manyOf(700));
    await whenHandled(connection);
    expect((await decisionsOf(service)).size).toBe(700);
    const recordings = (await service.collections()).length;
    await connection.jsm.consumers.delete(streamName, 'intake');
    await until('the durable to be there again', () =>
      connection.jsm.consumers.info(streamName, 'intake').then(({ num_pending }) => num_pending === 0, () => false)); // prettier-ignore
    await whenHandled(connection);
    expect(Math.max(...(await decisionsOf(service)).values())).toBe(1);
    expect(await service.collections()).toHaveLength(recordings);
    expect(await brokenPromises(connection)).toEqual([]);
  }, 60_000);

  it('by several processes of which each does some of it', async () => {
    const url = nats.freshUrl();
    const first = await start(url, { rules: rules() });
    const second = await start(url, { rules: rules() });
    await first.post(manyOf(800));
    await until('some to be decided', async () => (await decisionsOf(first)).size > 150);
    await second.close();
    const third = await start(url, { rules: rules() });
    await until('all to be decided', async () => (await decisionsOf(first)).size === 800);
    await whenHandled(third.app.log.connection);
    expect(Math.max(...(await decisionsOf(first)).values())).toBe(1);
  }, 60_000);
});

describe('an alert whose intake was killed between the timer of its cooldown and the suppression', () => {
  it('is decided by the timer alone, and not again when it is delivered again', async () => {
    const url = nats.freshUrl();
    const edge = await start(url, { roles: ['ingest'] });
    const { connection } = edge.app.log;
    await edge.post(alertBody({}));
    const [alert] = await whenThere(connection, 'AlertReceived');
    if (!alert) throw new Error('no alert');
    const intake = await connection.js.consumers.get(streamName, 'intake');
    const delivered = await intake.next();
    await append(connection, elapsedFor(alert));
    const service = await start(url, { rules: rules(1) });
    await service.whenState('uploaded');
    // As when the time of the killed process to acknowledge it is over; its recording began a cooldown of its own.
    delivered?.nak();
    await whenHandled(connection);
    expect([...(await decisionsOf(service)).values()]).toEqual([1]);
    expect(await brokenPromises(connection)).toEqual([]);
  });
});

describe('a timer that does not go off', () => {
  /** A service of which an alert waits for the end of a cooldown, with its timer gone. */
  async function withoutTimer() {
    const service = await start(nats.freshUrl(), { rules: rules(2) });
    const { connection } = service.app.log;
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.post(alertBody({ alertname: 'CrateDBCloudNotResponsive' }));
    await whenThere(connection, 'CollectionSuppressed');
    await connection.jsm.streams.purge(streamName, { filter: 'aw.schedule.cooldown.*' });
    const { board } = service.app;
    const made = createMetrics();
    const metrics = createReactorMetrics(made, { durables: [], timers: ['cooldown'] });
    const now = () => timeOf(Date.now() + 120_000);
    const pods = createPods(connection, streamName, board);
    const deps = { connection, board, pods, now, metrics, logger: createLogger('silent') };
    return { service, connection, deps, metrics: made };
  }

  it('is made up for, once, however many look, and counted', async () => {
    const { service, connection, deps, metrics } = await withoutTimer();
    expect(await endOverdue({ ...deps, now: () => timeOf(Date.now()) })).toBe(0);
    await Promise.all([endOverdue(deps), endOverdue(deps)]);
    await service.whenState('uploaded', 2);
    expect(await endOverdue(deps)).toBe(0);
    expect(await eventsOf(connection, 'CooldownElapsed')).toHaveLength(1);
    expect(await metrics.registry.metrics()).toContain('alert_watcher_late_timers_total{timer="cooldown"} 1');
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('is known to a process that begins from a snapshot', async () => {
    const { service, connection, deps } = await withoutTimer();
    const lines = [...deps.board.lines()];
    const { createPodBoard } = await import('../../src/collection/pod/board.ts');
    const board = createPodBoard();
    for (const line of lines) board.load(line);
    expect([...board.lines()].sort()).toEqual(lines.sort());
    expect(board.cooldowns.overdue(Date.now() + 120_000)).toEqual(
      deps.board.cooldowns.overdue(Date.now() + 120_000),
    );
    expect(board.cooldowns.overdue(Date.now() + 120_000)).toHaveLength(1);
    await endOverdue(deps);
    await service.whenState('uploaded', 2);
    expect(await eventsOf(connection, 'CooldownElapsed')).toHaveLength(1);
  });

  it('and goes off late after all has the alert not decided again', async () => {
    const { service, connection, deps } = await withoutTimer();
    await endOverdue(deps);
    await service.whenState('uploaded', 2);
    const [elapsed] = await eventsOf(connection, 'CooldownElapsed');
    if (!elapsed) throw new Error('nothing has elapsed');
    // Many other decisions later: the pod remembers it no longer.
    await service.post(manyOf(130));
    await whenHandled(connection);
    await append(connection, createEvent('CooldownElapsed', elapsed.data, { part: 'intake', time: elapsed.time, causeId: elapsed.id.replace('/CooldownElapsed', '') }), undefined, { deduplicate: false }); // prettier-ignore
    await whenHandled(connection);
    const ids = (await eventsOf(connection, ...decisionTypes)).map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith(elapsed.id))).toHaveLength(1);
  });
});

describe('an alert that fires on', () => {
  it('and was too old when it was decided gets its recording when it is told again', async () => {
    const url = nats.freshUrl();
    const edge = await start(url, { roles: ['ingest'] });
    await edge.post(alertBody({}));
    await edge.close();
    // The intake comes back long after that.
    const late = await start(url, { rules: { ...rules(), maxAlertAgeSeconds: 0.001 } });
    const { connection } = late.app.log;
    await whenThere(connection, 'CollectionSuppressed');
    await whenHandled(connection);
    await late.close();
    const service = await start(url, { rules: rules() });
    expect(await service.collections()).toEqual([]);
    const { json } = await service.post(alertBody({}));
    expect(json.alerts).toMatchObject([{ result: 'renewed' }]);
    await service.whenState('uploaded');
    expect((await service.post(alertBody({}))).json).toMatchObject({ renewed: 0, duplicates: 1 });
    expect(await brokenPromises(service.app.log.connection)).toEqual([]);
  });

  it('and whose collection failed gets another one when it is told again, so often as the plan says', async () => {
    const broken = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: gone, durationSeconds: 0.05, maxAttempts: 1, retryOnRepeat: 2 }
collectors: { gone: { command: [no-such-program-here] } }
`);
    const service = await start(nats.freshUrl(), { rules: broken });
    const { connection } = service.app.log;
    await service.post(alertBody({}));
    const results = [];
    for (let failures = 1; failures <= 4; failures += 1) {
      if (failures <= 3) await service.whenState('failed', failures);
      await whenHandled(connection, 'collect');
      results.push((await service.post(alertBody({}))).json.alerts.map(({ result }) => result).join());
    }
    expect(results).toEqual(['renewed', 'renewed', 'duplicate', 'duplicate']);
    const requests = await eventsOf(connection, 'CollectionRequested');
    expect(requests.map(({ data }) => data.trigger.repeat)).toEqual([undefined, 1, 2]);
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('and whose failed collection was redriven meanwhile gets no other one', async () => {
    const withFailures = (failTimes: number) =>
      quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: sim, durationSeconds: 0.05, maxAttempts: 1, cooldownSeconds: 0 }
collectors: { sim: { driver: simulated, failTimes: ${String(failTimes)} } }
`);
    const natsUrl = nats.freshUrl();
    const before = await start(natsUrl, { rules: withFailures(1) });
    await before.post(alertBody({}));
    const [failed] = await before.whenState('failed');
    await before.close();
    const service = await start(natsUrl, { rules: withFailures(0) });
    const { connection } = service.app.log;
    const headers = { 'content-type': 'application/json' };
    const url = `${service.url}/api/v1/collections/${failed?.id ?? ''}/redrive`;
    await fetch(url, { method: 'POST', headers, body: JSON.stringify({ reason: 'again' }) });
    await service.whenState('uploaded');
    expect((await service.post(alertBody({}))).json).toMatchObject({ renewed: 1 });
    await whenHandled(connection);
    expect(await eventsOf(connection, 'CollectionRequested')).toHaveLength(1);
  });

  it('by a clock of the receiving machine that is an hour behind is not stale', async () => {
    const service = await start(nats.freshUrl(), { rules: rules() });
    const { connection } = service.app.log;
    await service.post(alertBody({ alertname: 'Other' }));
    const [event] = await eventsOf(connection, 'AlertReceived');
    if (!event) throw new Error('no alert');
    const [alert] = webhook().alerts;
    const data = { ...event.data, labels: alert?.labels ?? {}, fingerprint: 'f', receivedAt: timeOf(Date.now() - 3_600_000) }; // prettier-ignore
    await append(connection, createEvent('AlertReceived', data, { part: 'ingest', time: data.receivedAt }));
    await service.whenState('uploaded');
    expect(
      await lastMessage(connection, streamName, 'aw.collection.*.*.*.CollectionSuppressed'),
    ).toBeUndefined();
  });
});
