import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Role, roles } from '../../src/config/config.ts';
import { readDefinitions, recordingsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import {
  accountsConf,
  edgeUsers,
  type NatsWithAccounts,
  startWithAccounts,
  users,
} from '../support/nats-accounts.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const start = useServices();
let nats: NatsWithAccounts;

/** What the file says of what a user may publish. */
function subjectsOf(user: string): { allow: string[]; deny: string[] } {
  // What is commented out is for who needs it.
  const [, block = ''] = accountsConf.replaceAll(/^ *#.*\n/gm, '').split(`user: ${user},`);
  const [own = ''] = block.split('\n      }\n');
  const listed = (name: string) => {
    const [, list = ''] = new RegExp(`${name}: \\[(.*?)\\]`, 's').exec(own) ?? [];
    return [...list.matchAll(/"([^"]+)"/g)].map(([, subject = '']) => subject);
  };
  return { allow: [...listed('allow'), ...listed('publish')], deny: listed('deny') };
}

beforeAll(async () => {
  nats = await startWithAccounts();
});
afterAll(() => nats.stop());

/** True once the server has said something of it, such as that it is not permitted. */
async function statusWith(nc: NatsConnection, text: string): Promise<boolean> {
  for await (const status of nc.status()) if (JSON.stringify(status).includes(text)) return true;
  return false;
}

it.each<[string, Record<string, readonly Role[]>]>([
  ['five processes', Object.fromEntries(roles.map((role) => [role, [role]]))],
  ['three processes', { ingest: ['ingest'], workers: ['intake', 'collect', 'upload'], api: ['api'] }],
  ['one process', { all: roles }],
])('a service in %s does the whole work and nothing that is refused', async (_, processes) => {
  const { sources } = quickRules(
    'sources: [{ name: alertmanager }, { name: quiet, watchdog: { silenceSeconds: 600 } }]',
  );
  const rules = { ...quickRules(), sources };
  const services = new Map<Role, TestService>();
  for (const [user, run] of Object.entries(processes)) {
    const config = { rules, roles: run, natsAuth: nats.authOf(user), snapshotEveryEvents: 1, edge: edgeUsers.includes(user) }; // prettier-ignore
    const service = await start(nats.urlOf(user), config);
    for (const role of run) services.set(role, service);
  }
  const [ingest, api] = [services.get('ingest'), services.get('api')];
  if (!ingest || !api) throw new Error('somebody takes alerts and shows what came of them');
  const before = (await api.collections()).length;
  // The processes share a stream with those of the tests before: another pod for each.
  const answer = await ingest.post(alertBody({ pod: `crate-${String(before)}` }));
  expect(answer).toMatchObject({ status: 200, json: { accepted: 1 } });
  const [uploaded] = await api.whenState('uploaded', before + 1);
  for (const path of ['sources', 'alerts?outcome=recorded', 'alerts/groups', 'pods', 'search?q=crate'])
    expect((await fetch(`${api.url}/api/v1/${path}`)).status, path).toBe(200);
  const recording = await fetch(`${api.url}/api/v1/collections/${uploaded?.id ?? ''}/recording`);
  expect(recording.status).toBe(200);
  expect((await recording.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
  const pod = `p-${String(before)}`;
  const started = await fetch(`${api.url}/api/v1/collections`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kubeContext: 'c', namespace: 'n', pod, reason: 'because', by: 'ann' }),
  });
  expect(started.status).toBe(202);
  await api.whenState('uploaded', before + 2);
  expect(await nats.log()).not.toMatch(/violation/i);
});

it.each<[string, readonly Role[]]>([
  ['workers', ['intake', 'collect', 'upload']],
  ['all', roles],
])('%s may do what the users of its roles may, and nothing else', (user, run) => {
  const own = run.map(subjectsOf).map(({ allow, deny }) => ({
    // What a process at the edge asks of others, one that has the role intake does itself.
    allow: allow.filter((subject) => !subject.startsWith('alert-watcher.')),
    deny,
  }));
  const subjects = own.flatMap(({ allow }) => allow);
  const isWithin = (subject: string, wider: string) => /\.[*>]$/.test(wider) && subject.startsWith(wider.slice(0, -1)); // prettier-ignore
  // That of all consumers says that of each.
  const needed = subjects.filter(
    (subject) => !subjects.some((wider) => wider !== subject && isWithin(subject, wider)),
  );
  const mayOne = (subject: string) =>
    own.some(
      ({ allow, deny }) =>
        allow.some((each) => each === subject || isWithin(subject, each)) && !deny.includes(subject),
    );
  const denied = own.flatMap(({ deny }) => deny).filter((subject) => !mayOne(subject));
  const { allow, deny } = subjectsOf(user);
  expect(new Set(allow)).toEqual(new Set(needed));
  expect(new Set(deny)).toEqual(new Set(denied));
  // To delete the durable consumers.
  expect(deny.length).toBe(readDefinitions().consumers.length);
});

it('ingest watches over its sources through the gate', async () => {
  const admin = await nats.as('admin');
  const intake = await start(nats.urlOf('intake'), { roles: ['intake'], natsAuth: nats.authOf('intake') });
  const rules = quickRules('sources: [{ name: alertmanager, watchdog: { silenceSeconds: 1 } }]');
  const ingest = await start(nats.urlOf('ingest'), { rules, roles: ['ingest'], natsAuth: nats.authOf('ingest'), edge: true }); // prettier-ignore
  await until('silence', () => lastMessage(admin, streamName, 'aw.source.alertmanager.SourceSilent'));
  await ingest.post(alertBody({}));
  await until('its end', () => lastMessage(admin, streamName, 'aw.source.alertmanager.SourceHeard'));
  await ingest.close();
  await intake.close();
  expect(await nats.log()).not.toMatch(/violation/i);
});

it('a process at the edge is not ready while no process with the role intake runs, and says so', async () => {
  const ingest = await start(nats.urlOf('ingest'), { roles: ['ingest'], natsAuth: nats.authOf('ingest'), edge: true }); // prettier-ignore
  const { checks } = (await ingest.get('/ready')) as unknown as { checks: Record<string, string> };
  expect(checks['writes']).toContain('no process with the role intake answers');
  const alert = alertBody({ pod: 'nobody-took-it-yet' });
  expect((await ingest.post(alert)).status).toBe(503);
  const intake = await start(nats.urlOf('intake'), { roles: ['intake'], natsAuth: nats.authOf('intake') });
  await until('it to be ready', async () => (await fetch(`${ingest.url}/ready`)).ok);
  expect(await ingest.post(alert)).toMatchObject({ status: 200, json: { accepted: 1 } });
  await intake.close();
});

it('a process whose user may not make the probe is not ready, and says which permission is missing', async () => {
  const older = accountsConf.replaceAll(/ *"aw\.schedule\.probe\.\*"\n/g, '');
  expect(older).not.toBe(accountsConf);
  const own = await startWithAccounts(older);
  try {
    const upload = await start(own.urlOf('upload'), { roles: ['upload'], natsAuth: own.authOf('upload') });
    const { checks } = (await upload.get('/ready')) as unknown as { checks: Record<string, string> };
    expect(checks['writes']).toContain(
      'may not publish to aw.schedule.probe.first (deploy/nats/accounts.conf)',
    );
    await upload.close();
  } finally {
    await own.stop();
  }
});

it('nobody listens to the answers of others', async () => {
  const { nc } = await nats.as('ingest');
  const refused = statusWith(nc, '_INBOX_api');
  nc.subscribe('_INBOX_api.>', { callback: () => undefined });
  expect(await refused).toBe(true);
});

describe('the user', () => {
  beforeAll(async () => {
    for (const user of users) await nats.as(user);
  });
  const collection = (type: string) => `aw.collection.c.n.p.${type}`;
  const next = (durable: string) => `$JS.API.CONSUMER.MSG.NEXT.${streamName}.${durable}`;
  it.each<[(typeof users)[number], string, string]>([
    ['ingest', 'request a recording', collection('CollectionRequested')],
    ['ingest', 'read the log', `$JS.API.STREAM.MSG.GET.${streamName}`],
    ['ingest', 'make a consumer', `$JS.API.CONSUMER.CREATE.${streamName}.mine.aw.>`],
    ['ingest', 'read recordings', `$JS.API.DIRECT.GET.OBJ_${recordingsBucket}`],
    ['intake', 'claim that something was recorded', collection('JfrCollected')],
    ['intake', 'claim that something was uploaded', collection('Uploaded')],
    ['intake', 'read recordings', `$JS.API.DIRECT.GET.OBJ_${recordingsBucket}`],
    ['intake', 'take the work of others', next('collect')],
    ['collect', 'request a recording', collection('CollectionRequested')],
    ['collect', 'take the work of others', next('upload')],
    ['collect', 'delete a durable consumer', `$JS.API.CONSUMER.DELETE.${streamName}.collect`],
    ['upload', 'claim that something was recorded', collection('JfrCollected')],
    ['api', 'claim that something was uploaded', collection('Uploaded')],
    ['api', 'take work', next('intake')],
    ['api', 'change a durable consumer', `$JS.API.CONSUMER.CREATE.${streamName}.intake`],
    ['api', 'overwrite recordings', `$O.${recordingsBucket}.C.x`],
    ['upload', 'delete the stream', `$JS.API.STREAM.DELETE.${streamName}`],
    ['upload', 'purge the stream', `$JS.API.STREAM.PURGE.${streamName}`],
    ['workers', 'delete a durable consumer', `$JS.API.CONSUMER.DELETE.${streamName}.intake`],
    ['workers', 'purge the stream', `$JS.API.STREAM.PURGE.${streamName}`],
    ['all', 'delete a durable consumer', `$JS.API.CONSUMER.DELETE.${streamName}.upload`],
    ['all', 'change the stream', `$JS.API.STREAM.UPDATE.${streamName}`],
    ['all', 'purge the stream', `$JS.API.STREAM.PURGE.${streamName}`],
  ])('%s may not %s', async (user, _what, subject) => {
    const { nc } = await nats.as(user);
    const refused = statusWith(nc, subject);
    nc.publish(subject, '{}');
    expect(await refused).toBe(true);
  });
});
