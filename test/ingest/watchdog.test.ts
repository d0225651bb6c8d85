import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decodeEvent, isEvent, type StoredEvent } from '../../src/events/envelope.ts';
import { lineOf } from '../../src/commands/tail/line.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

const rules = (watchdog: string) => quickRules(`sources: [{ name: am, watchdog: ${watchdog} }]`);
const always = `{ match: ['alertname="Watchdog"'], silenceSeconds: 1 }`;
const watchdogAlert = alertBody({ alertname: 'Watchdog' });
const send = async ({ url }: TestService, body: unknown) => {
  const answer = await fetch(`${url}/webhook/am`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
};

type OfSource = StoredEvent<'SourceSilent' | 'SourceHeard'>;
async function told(connection: Connection): Promise<OfSource[]> {
  const events: OfSource[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.source.>' })) {
    const event = decodeEvent(message);
    if (!isEvent(event)) throw new Error(event.message);
    events.push(event as OfSource);
  }
  return events;
}
const whenTold = (connection: Connection, ...types: string[]) =>
  until(types.join(', '), async () => {
    const events = await told(connection);
    return events.length >= types.length && events;
  });
const typesOf = (events: OfSource[]) => events.map(({ type }) => type);

describe('a source with a watchdog', () => {
  it('is told silent once, and heard again once, by however many processes', async () => {
    const url = nats.freshUrl();
    const services = [];
    for (let nth = 0; nth < 3; nth += 1) services.push(await start(url, { roles: ['ingest'], rules: rules(always) }));
    const [first, second, third] = services as [TestService, TestService, TestService];
    const { connection } = first.app.log;

    await send(first, watchdogAlert);
    await whenTold(connection, 'SourceSilent');
    await Promise.all([send(second, watchdogAlert), send(third, watchdogAlert)]);
    const events = await whenTold(connection, 'SourceSilent', 'SourceHeard', 'SourceSilent');

    expect(typesOf(events)).toEqual(['SourceSilent', 'SourceHeard', 'SourceSilent']);
    expect(events[0]?.data).toMatchObject({ source: 'am', silenceSeconds: 1 });
    expect(events[1]?.data.since).toBe(events[0]?.data.since);
    // Which process heard it last is theirs to settle.
    expect(Date.parse(events[2]?.data.since ?? '')).toBeGreaterThan(Date.parse(events[0]?.data.since ?? ''));
    const silence = Date.parse(events[2]?.storedAt ?? '') - Date.parse(events[2]?.data.since ?? '');
    expect(silence).toBeGreaterThanOrEqual(1_000);
    const metrics = () => fetch(`${first.url}/metrics`).then((answer) => answer.text());
    await until('the metric', async () => (await metrics()).includes('alert_watcher_source_silent{source="am"} 1'));
    expect(await metrics()).toMatch(/alert_watcher_source_last_heard_timestamp_seconds\{source="am"\} 1\d{9}/);
  }); // prettier-ignore

  it('is heard by repeats that are not stored, and not by other alerts or the end of this one', async () => {
    const patient = rules(`{ match: ['alertname="Watchdog"'], silenceSeconds: 2 }`);
    const service = await start(nats.freshUrl(), { roles: ['ingest'], rules: patient });
    const { connection } = service.app.log;
    const beginning = performance.now();
    // Longer than the silence that is allowed.
    while (performance.now() - beginning < 3_000) {
      await send(service, watchdogAlert);
      await delay(200);
    }
    expect(typesOf(await told(connection))).toEqual([]);
    const end = alertBody({ alertname: 'Watchdog' }, { status: 'resolved' });
    const others = { ...end, alerts: [...alertBody({ alertname: 'Other' }).alerts, ...end.alerts] };
    const events = await until('silence', async () => {
      await send(service, others);
      const found = await told(connection);
      return found.length > 0 && found;
    });
    expect(typesOf(events)).toEqual(['SourceSilent']);
  });

  it('is heard by any webhook where no matchers are given, also by an empty one', async () => {
    const service = await start(nats.freshUrl(), {
      roles: ['ingest'],
      rules: rules('{ silenceSeconds: 1 }'),
    });
    const { connection } = service.app.log;
    const silent = await whenTold(connection, 'SourceSilent');
    // It was never heard: silence counts from the start.
    expect(silent).toMatchObject([{ data: { source: 'am' } }]);
    await send(service, { ...watchdogAlert, alerts: [] });
    expect(typesOf(await whenTold(connection, 'SourceSilent', 'SourceHeard'))).toEqual(['SourceSilent', 'SourceHeard']); // prettier-ignore
  });

  it('is told silent while no process is alive', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { roles: ['ingest'], rules: rules(always) });
    await send(service, watchdogAlert);
    await service.close();
    const connection = await openConnection(url);
    try {
      expect(typesOf(await whenTold(connection, 'SourceSilent'))).toEqual(['SourceSilent']);
    } finally {
      await connection.close();
    }
  });

  it('is told in the feed and in tail, and in nothing that explains alerts or pods', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(always) });
    const [silent] = await whenTold(service.app.log.connection, 'SourceSilent');
    expect(silent && lineOf(silent)).toMatch(/SourceSilent.*am {2}not heard since .*Z, for more than 1 second/);
    const stopping = new AbortController();
    const feed = await fetch(`${service.url}/api/v1/events?after=0&type=SourceSilent`, { signal: stopping.signal });
    const reader = feed.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (reader && !text.includes('event: SourceSilent')) text += (await reader.read()).value ?? '';
    expect(text).toContain('"subject":"aw.source.am.SourceSilent"');
    stopping.abort();
    expect(await service.get('/api/v1/explain?pod=am')).toMatchObject({ status: 404 });
    expect(await service.get('/ready')).toMatchObject({ status: 'ready' });
  }); // prettier-ignore
});
