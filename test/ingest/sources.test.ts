import { describe, expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

const collections = `collections:
  - { match: ['alertname="CrateDBContainerRestart"'], collector: sim, durationSeconds: 0.05, timeoutSeconds: 10 }
  - { match: ['alertname="Broken"'], collector: bad, durationSeconds: 0.05, timeoutSeconds: 10, maxAttempts: 1 }
  - { match: ['alertname="Slow"'], collector: slow, durationSeconds: 0.05, timeoutSeconds: 20 }
collectors:
  sim: { driver: simulated }
  bad: { driver: simulated, failTimes: 9 }
  slow: { driver: simulated, tookSeconds: 15 }
`;
const startWith = (sources: string, url = nats.freshUrl(), config = {}) =>
  start(url, { rules: quickRules(`${collections}${sources}`), ...config });
const alertsSource = 'sources: [{ name: alerts, format: alerts }]';

interface Told {
  status: number;
  accepted: number;
  duplicates: number;
  filtered: number;
  ended: boolean;
  code?: string;
  detail?: string;
  alerts: { id: string | null; result: string; reason?: string; outcome?: unknown; links?: { alert?: string; collection?: string } }[];
} // prettier-ignore
const send = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Told> => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
  return { ...((await answer.json()) as Told), status: answer.status };
};
const pod = (name = 'search-0') => ({ kube_context: 'prod', namespace: 'search', pod: name });
const restart = (more: object = {}) => ({ title: 'CrateDB container restart', data: pod(), ...more });

describe('a source of alerts with titles', () => {
  it('stores each, answers for each, and its alert of a pod leads to a recording', async () => {
    const service = await startWith(alertsSource);
    const body = { alerts: [restart(), { title: 7 }, { title: 'High CPU Usage', severity: 'low' }] };
    const told = await send(`${service.url}/webhook/alerts`, body);
    expect(told).toMatchObject({ status: 200, accepted: 2, duplicates: 0 });
    expect(told.alerts.map(({ result }) => result)).toEqual(['accepted', 'rejected', 'accepted']);
    const [recorded] = await service.whenState('uploaded');
    expect(recorded).toMatchObject({ alertname: 'CrateDBContainerRestart', pod: 'search-0' });
    expect(await send(`${service.url}/webhook/alerts`, { alerts: [{}] })).toMatchObject({ status: 400, code: 'all-alerts-rejected' }); // prettier-ignore
    expect(await send(`${service.url}/webhook/alerts`, [])).toMatchObject({
      status: 400,
      code: 'not-alerts',
    });
  });

  it('counts what is malformed from 0 on, and a body with nothing else as refused', async () => {
    const service = await startWith(alertsSource);
    const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
    const counts = async () => {
      const text = await metrics();
      const of = (name: string) => Number(text.split(`alert_watcher_${name} `)[1]?.split('\n')[0]);
      return [
        of('alerts_rejected_total{source="alerts"}'),
        of('webhooks_refused_total{code="all-alerts-rejected"}'),
      ];
    };
    expect(await counts()).toEqual([0, 0]);
    await send(`${service.url}/webhook/alerts`, { alerts: [restart(), { title: 7 }] });
    expect(await counts()).toEqual([1, 0]);
    await send(`${service.url}/webhook/alerts`, { alerts: [{}, { title: 7 }] });
    await send(`${service.url}/webhook/alerts/sync`, { alerts: [{}] });
    expect(await counts()).toEqual([4, 2]);
  });

  it.each([
    ['its id', { id: 'a-1' }, {}, {}],
    ['its batch', {}, { batch_id: 'b-1' }, {}],
    ['its request', {}, {}, { 'idempotency-key': 'k-1' }],
    ['its time', { timestamp: '2026-11-20T19:00:00' }, {}, {}],
  ])(
    'knows an alert that is sent again by %s, also when both come at once',
    async (_, alert, around, headers) => {
      const service = await startWith(alertsSource, nats.freshUrl(), { roles: ['ingest', 'api'] });
      const once = () =>
        send(`${service.url}/webhook/alerts`, { alerts: [restart(alert)], ...around }, headers);
      const told = [...(await Promise.all([once(), once()])), await once()];
      expect(told.map(({ accepted }) => accepted).sort()).toEqual([0, 0, 1]);
      expect(new Set(told.map(({ alerts }) => alerts[0]?.id)).size).toBe(1);
      expect(told[0]?.alerts[0]?.id).toMatch(/^[0-9a-f]{64}$/);
      const end = await send(`${service.url}/webhook/alerts`, { alerts: [restart({ ...alert, status: 'resolved' })], ...around }, headers); // prettier-ignore
      expect(end).toMatchObject({ accepted: 1 });
    },
  );

  it('cannot know one that names neither a time nor itself', async () => {
    const { url } = await startWith(alertsSource, nats.freshUrl(), { roles: ['ingest'] });
    expect(await send(`${url}/webhook/alerts`, { alerts: [restart()] })).toMatchObject({ accepted: 1 });
    expect(await send(`${url}/webhook/alerts`, { alerts: [restart()] })).toMatchObject({ accepted: 1 });
  });

  it('knows the id of an alert also where it reads no log, and then does not say under which id it was stored', async () => {
    const { url } = await startWith(alertsSource, nats.freshUrl(), { roles: ['ingest'] });
    expect(await send(`${url}/webhook/alerts`, { alerts: [restart({ id: 1 })] })).toMatchObject({
      accepted: 1,
    });
    expect(await send(`${url}/webhook/alerts`, { alerts: [restart({ id: 1 })] })).toMatchObject({
      alerts: [{ result: 'duplicate', id: null }],
    });
  });
});

describe('POST …/sync', () => {
  it('answers when all that the alerts led to has ended, with where it is and why not', async () => {
    const service = await startWith(alertsSource);
    const alerts = [
      restart(),
      restart({ title: 'Broken', data: pod('bad-0') }),
      restart({ data: { pod: 'search-1' } }),
      { title: 'High CPU Usage' },
      restart({ status: 'resolved' }),
      {},
    ];
    const told = await send(`${service.url}/webhook/alerts/sync?waitSeconds=20`, { alerts });
    expect(told).toMatchObject({ status: 200, ended: true, accepted: 5 });
    expect(told.alerts.map(({ outcome }) => outcome)).toEqual([
      expect.objectContaining({ decision: 'CollectionRequested', state: 'uploaded', ended: true, url: expect.stringContaining('object-store://') as string }),
      expect.objectContaining({ decision: 'CollectionRequested', state: 'failed', ended: true, error: expect.objectContaining({ code: 'collector-exited' }) as object }),
      expect.objectContaining({ decision: 'AlertDeclined', ended: true, reason: 'the alert has no label kube_context' }),
      { decision: null, ended: true, reason: 'no row of collections matches: it is only stored' },
      { decision: null, ended: true, reason: 'a resolved alert starts nothing' },
      undefined,
    ]);
    for (const path of Object.values(told.alerts[0]?.links ?? {})) expect((await fetch(service.url + path)).status).toBe(200);
  }); // prettier-ignore

  it('knows what a duplicate has led to, and what a cooldown holds up', async () => {
    const service = await startWith(alertsSource);
    const sync = `${service.url}/webhook/alerts/sync`;
    const first = await send(sync, { alerts: [restart({ id: 'a' })] });
    const again = await send(sync, { alerts: [restart({ id: 'a' })] });
    expect(again).toMatchObject({ status: 200, duplicates: 1 });
    expect(again.alerts[0]?.outcome).toEqual(first.alerts[0]?.outcome);
    expect(await send(sync, { alerts: [restart({ id: 'b' })] })).toMatchObject({
      alerts: [{ outcome: { decision: 'CollectionSuppressed', reason: 'cooldown', ended: true } }],
    });
  });

  it('answers 202 when the time is over, with links to go on with', async () => {
    const service = await startWith(alertsSource, nats.freshUrl(), { shutdownGraceSeconds: 0 });
    const body = { alerts: [restart({ title: 'Slow' })] };
    const told = await send(`${service.url}/webhook/alerts/sync`, body, { prefer: 'respond-async, wait=1' });
    expect(told).toMatchObject({ status: 202, ended: false, accepted: 1 });
    expect(told.alerts[0]).toMatchObject({
      outcome: { decision: 'CollectionRequested', state: 'collecting', ended: false },
      links: { collection: expect.stringMatching(/^\/api\/v1\/collections\/[0-9a-f]{32}$/) as string },
    });
  });

  it('works where the decision is made by another process', async () => {
    const url = nats.freshUrl();
    const front = await startWith(alertsSource, url, { roles: ['ingest', 'api'] });
    await startWith(alertsSource, url, { roles: ['intake', 'collect', 'upload'] });
    const told = await send(`${front.url}/webhook/alerts/sync`, { alerts: [restart()] });
    expect(told).toMatchObject({ status: 200, alerts: [{ outcome: { state: 'uploaded' } }] });
  });

  it('stores nothing where it cannot wait: no log, too many who wait, or no number of seconds', async () => {
    const url = nats.freshUrl();
    const ingest = await startWith(alertsSource, url, { roles: ['ingest'] });
    const body = { alerts: [restart()] };
    expect(await send(`${ingest.url}/webhook/alerts/sync`, body)).toMatchObject({ status: 404, code: 'not-found' });
    const full = await startWith(alertsSource, url, { roles: ['ingest', 'api'], maxSyncRequests: 1 });
    expect(await send(`${full.url}/webhook/alerts/sync?waitSeconds=301`, body)).toMatchObject({ status: 400, code: 'bad-request' });
    const waiting = send(`${full.url}/webhook/alerts/sync?waitSeconds=2`, { alerts: [restart({ id: 'w' })] });
    let refused = await send(`${full.url}/webhook/alerts/sync?waitSeconds=0`, { alerts: [{ title: 'other' }] });
    while (refused.status === 200) refused = await send(`${full.url}/webhook/alerts/sync?waitSeconds=0`, { alerts: [{ title: 'other' }] });
    expect(refused).toMatchObject({ status: 503, code: 'too-many-waiting' });
    expect(await waiting).toMatchObject({ status: 202, alerts: [{ outcome: { decision: null, ended: false } }] });
  }); // prettier-ignore

  it('ends when the service does', async () => {
    const service = await startWith(alertsSource, nats.freshUrl(), { shutdownGraceSeconds: 0 });
    const waiting = send(`${service.url}/webhook/alerts/sync?waitSeconds=60`, {
      alerts: [restart({ title: 'Slow' })],
    });
    await service.whenState('collecting');
    const closing = service.close();
    expect(await waiting).toMatchObject({ status: 202 });
    await closing;
  });
});

it('a source with matchers stores what they match, and answers for the rest without keeping it', async () => {
  const source = `sources: [{ name: alertmanager, match: ['severity=~"critical|warning"', 'pod!=""'] }]`;
  const service = await startWith(source, nats.freshUrl(), { roles: ['ingest'] });
  const wanted = alertBody({ severity: 'critical', pod: 'search-0' });
  const other = alertBody({ severity: 'info' });
  const told = await send(`${service.url}/webhook/alertmanager`, { ...wanted, alerts: [...other.alerts, ...wanted.alerts] }); // prettier-ignore
  expect(told).toMatchObject({ status: 200, accepted: 1, filtered: 1 });
  expect(told.alerts[0]).toMatchObject({ result: 'filtered', id: null, reason: 'the matchers of source alertmanager do not match' }); // prettier-ignore
  expect(await send(`${service.url}/webhook/alertmanager`, other)).toMatchObject({
    status: 200,
    filtered: 1,
  });
  const stored = [];
  for await (const { subject } of readRange(service.app.log.connection, streamName, { filter: 'aw.alert.>' })) stored.push(subject); // prettier-ignore
  expect(stored).toHaveLength(1);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/alerts_received_total\{alertname="[^"]*",status="firing",result="filtered"\} 2/);
});

describe('sources that cannot be', () => {
  it.each([
    ['sources: [{ name: a, match: ["x"] }]', 'sources.0.match.0 (line'],
    ['sources: [{ name: a, watchdog: { match: ["x=~("], silenceSeconds: 60 } }]', 'sources.0.watchdog.match.0'],
    ['sources: [{ name: a, watchdog: { silenceSeconds: 0 } }]', 'sources.0.watchdog.silenceSeconds'],
    ['sources: [{ name: a, format: alerts }, { name: b, path: /webhook/a/sync }]', "/webhook/a/sync is another source's"],
    ['sources: [{ name: a, format: json }]', 'sources.0.format'],
  ])('are refused with their place: %s', (yaml, fault) => {
    expect(() => quickRules(yaml)).toThrow(fault);
  }); // prettier-ignore
});
