import { afterAll, describe, expect, it } from 'vitest';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { eventsOf, whenHandled } from '../support/log.ts';
import { type NatsWithAccounts, startWithAccounts } from '../support/nats-accounts.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { openSse } from '../support/sse.ts';
import { alertBody } from '../support/webhook.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const nats = useNats();
const start = useServices();
let accounts: NatsWithAccounts | undefined;
afterAll(() => accounts?.stop());

const base = `collections: [{ match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: 0 }]
collectors: { sim: { driver: simulated } }
sources: [{ name: alertmanager }, { name: alerts, format: alerts }]
`;
const redact = `redact: { drop: [customer, 'x_.*'], mask: [runbook], values: ['[\\w.]+@[\\w.]+', 'token=[^&\\s"]+'] }
`;
/** Each is planted in several places; none may be found anywhere. */
const planted = [
  'Acme-Breach & Co',
  'hidden-annotation',
  'https://wiki/breach',
  'ada@breach.example',
  'breach-0815',
];
const [customer = '', hidden = '', runbook = '', mail = '', token = ''] = planted;
const search = [
  ...planted,
  'Acme-Breach',
  'ada%40breach',
  'AdaBreach',
  'Acme-Breach+%26+Co',
  'Acme-Breach%20',
];

const labels = { customer, x_hidden: hidden, contact: mail };
const ofAlertmanager = (status = 'firing') => {
  const body = alertBody(labels, { status });
  const [alert] = body.alerts;
  const query = new URLSearchParams({ 'g0.expr': `up{customer="${customer}"}`, by: mail });
  return {
    ...body,
    ...{
      groupKey: `{}:{alertname="A", customer="${customer}"}`,
      externalURL: `http://am/#/alerts?token=${token}`,
    },
    ...{ groupLabels: { customer }, commonLabels: labels, commonAnnotations: { runbook } },
    alerts: [
      {
        ...alert,
        ...{ generatorURL: `http://p/graph?${query.toString()}`, fingerprint: `${customer}/1` },
        annotations: { summary: `ask ${mail}: https://x/?token=${token}&a=1`, runbook, x_hidden: hidden },
      },
      { status: 'firing', labels: { ...labels, alertname: 'Bad' }, startsAt: mail, fingerprint: mail },
    ],
  };
};
const titled = {
  alerts: [
    { title: `Failure of ${mail}`, context: { customer, contact: mail }, data: { deep: { customer, a: token, x_b: hidden, runbook: [runbook] } } },
    { title: 'CrateDB container restart', metrics: { [mail]: 1 }, description: `token=${token}`, id: `token=${token}` },
    { title: `Broken ${mail}`, status: mail },
  ].map((each) => JSON.parse(JSON.stringify(each).replaceAll(`"a":"${token}"`, `"a":"token=${token}"`)) as object),
  ...{ batch_id: `token=${token}`, metadata: { customer, of: mail } },
}; // prettier-ignore

/** Sends all of it, and says everything that anybody can see of it later. */
async function everythingOf(service: TestService, lines: string[]): Promise<string> {
  const send = async (path: string, body: string) =>
    (await fetch(service.url + path, { method: 'POST', body })).text();
  const answers = [
    await send('/webhook/alertmanager', JSON.stringify(ofAlertmanager())),
    await send('/webhook/alerts/sync?waitSeconds=20', JSON.stringify(titled)),
    await send('/webhook/alertmanager', JSON.stringify(ofAlertmanager('resolved'))),
    // So short that V8 quotes all of it.
    await send('/webhook/alertmanager', `{"a":${token}}`),
    await send('/webhook/alertmanager', JSON.stringify({ version: mail, alerts: [] })),
  ];
  await service.whenState('uploaded');
  const { connection } = service.app.log;
  await whenHandled(connection);
  const stored: string[] = [];
  for await (const { subject, body, header } of readRange(connection, streamName, { filter: '>' }))
    stored.push(subject, header('ce-id') ?? '', header('ce-subject') ?? '', Buffer.from(body).toString());
  const paths = [
    '/api/v1/alerts',
    '/api/v1/collections',
    '/metrics',
    '/api/v1/explain?pod=crate-data-hot-0',
    '/health',
  ];
  const { items } = await service.get('/api/v1/alerts');
  paths.push(...items.flatMap(({ id }) => [`/api/v1/alerts/${id}`, `/api/v1/explain/${id}`]));
  const shown = await Promise.all(paths.map(async (path) => (await fetch(service.url + path)).text()));
  const feed = await openSse(`${service.url}/api/v1/events?after=0`);
  await feed.whenEvents(5);
  feed.close();
  return [...answers, ...stored, ...shown, ...lines, JSON.stringify(feed.events)].join('\n');
}

describe('a breach that is planted in labels, annotations, titles, JSON, URLs and malformed bodies', () => {
  const of = async (rules: string) => {
    const lines: string[] = [];
    const service = await start(nats.freshUrl(), { rules: quickRules(rules) }, (line) => lines.push(line));
    const everything = await everythingOf(service, lines);
    expect(lines.some((line) => line.includes('alert received'))).toBe(true);
    return { everything, broken: await brokenPromises(service.app.log.connection) };
  };

  it('is found everywhere without redact, so that this test can fail', async () => {
    const { everything } = await of(base);
    expect(planted.filter((each) => !everything.includes(each))).toEqual([]);
  });

  it('is on no stream, in no log line, answer, explanation, metric and feed', async () => {
    const { everything, broken } = await of(base + redact);
    expect(search.filter((each) => everything.includes(each))).toEqual([]);
    expect(everything).toContain('[redacted]');
    expect(broken).toEqual([]);
  });
});

it('redact that is turned on for alerts that are stored makes none of them news, and their ends are theirs, also at the edge', async () => {
  accounts = await startWithAccounts();
  const plain = await start(accounts.urlOf('all'), {
    rules: quickRules(base),
    natsAuth: accounts.authOf('all'),
  });
  const body = (status: string) => alertBody({ customer }, { status });
  expect((await plain.post(body('firing'))).json).toMatchObject({ accepted: 1 });
  await plain.whenState('uploaded');
  const edge = await start(accounts.urlOf('ingest'), {
    ...{
      rules: quickRules(base + redact),
      roles: ['ingest'],
      natsAuth: accounts.authOf('ingest'),
      edge: true,
    },
  });
  const results = [];
  for (const status of ['firing', 'resolved', 'firing', 'resolved'])
    results.push((await edge.post(body(status))).json.alerts.map(({ result }) => result).join());
  expect(results).toEqual(['duplicate', 'accepted', 'renewed', 'renewed']);
  const admin = await accounts.as('admin');
  const [received] = await eventsOf(admin, 'AlertReceived');
  const [renewed] = await eventsOf(admin, 'AlertRenewed');
  expect(renewed?.data).toMatchObject({ alertId: received?.id, ownFingerprint: true });
  expect(renewed?.data.labels).not.toHaveProperty('customer');
  await plain.whenState('uploaded', 2);
  await whenHandled(admin);
  expect(await brokenPromises(admin)).toEqual([]);
});

it('check shows what would be stored otherwise than it was sent, and what repeats it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alert-watcher-redact-'));
  const [config, alert] = [join(folder, 'aw.yaml'), join(folder, 'body.json')];
  await writeFile(config, base + redact);
  const body = ofAlertmanager();
  const [first] = body.alerts;
  const annotations = { ...(first as { annotations: object }).annotations, leak: `of ${hidden}` };
  await writeFile(alert, JSON.stringify({ ...body, alerts: [{ ...first, annotations }] }));
  const { stdout, code } = await cli(['check', config, '--alert', alert]).finally(() => rm(folder, { recursive: true }));
  expect(code).toBe(0);
  for (const line of [
    'redact: labels.customer is not stored',
    'redact: labels.contact is stored as "[redacted]"',
    'redact: annotations.summary is stored as "ask [redacted]: https://x/?[redacted]&a=1"',
    'redact: groupKey is stored as ""',
    'redact: externalURL is stored as "http://am/#/alerts?[redacted]"',
    'redact: CAUTION: annotations.leak repeats the value of labels.x_hidden',
  ])
    expect(stdout).toContain(`  ${line}\n`);
}); // prettier-ignore
