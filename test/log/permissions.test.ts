import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Role, roles } from '../../src/config.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, recordingsBucket, streamName } from '../../src/log/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { ensureStreams } from '../../src/log/streams.ts';
import { type NatsProcess, startNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const permissions = readFileSync(new URL('../../deploy/nats/permissions.conf', import.meta.url), 'utf8');
const users = ['admin', ...roles, 'workers', 'all'] as const;
const passwords = users.map((user) => `${user.toUpperCase()}_PASSWORD: pw-${user}`);
const start = useServices();
let nats: NatsProcess | undefined;
const connections = new Map<string, Connection>();
const urlOf = (user: string) => `nats://${user}:pw-${user}@127.0.0.1:${String(nats?.port ?? 0)}`;
const inboxOf = (user: string) => (user === 'admin' ? {} : { inboxPrefix: `_INBOX_${user}` });
const as = (user: string): Connection => {
  const connection = connections.get(user);
  if (!connection) throw new Error(`${user} is not connected`);
  return connection;
};

/** What the file says of what a user may publish. */
function subjectsOf(user: string): { allow: string[]; deny: string[] } {
  // What is commented out is for who needs it.
  const [, block = ''] = permissions.replaceAll(/^ *#.*\n/gm, '').split(`user: ${user},`);
  const [own = ''] = block.split('\n  }\n');
  const listed = (name: string) => {
    const [, list = ''] = new RegExp(`${name}: \\[(.*?)\\]`, 's').exec(own) ?? [];
    return [...list.matchAll(/"([^"]+)"/g)].map(([, subject = '']) => subject);
  };
  return { allow: [...listed('allow'), ...listed('publish')], deny: listed('deny') };
}

beforeAll(async () => {
  nats = await startNats([...passwords, `accounts { ALERTS { jetstream: enabled\n${permissions} } }`]);
  for (const user of users) connections.set(user, await openConnection(urlOf(user), inboxOf(user)));
  await ensureStreams(as('admin'), readDefinitions(), 1);
});
afterAll(async () => {
  await Promise.all([...connections.values()].map((connection) => connection.close()));
  await nats?.stop();
});

it.each<[string, Record<string, readonly Role[]>]>([
  ['five processes', Object.fromEntries(roles.map((role) => [role, [role]]))],
  ['three processes', { ingest: ['ingest'], workers: ['intake', 'collect', 'upload'], api: ['api'] }],
  ['one process', { all: roles }],
])('a service in %s does the whole work and nothing that is refused', async (_, processes) => {
  const rules = quickRules();
  const services = new Map<Role, TestService>();
  for (const [user, run] of Object.entries(processes)) {
    const config = { rules, roles: run, natsAuth: inboxOf(user), snapshotEveryEvents: 1 };
    const service = await start(urlOf(user), config);
    for (const role of run) services.set(role, service);
  }
  const [ingest, api] = [services.get('ingest'), services.get('api')];
  if (!ingest || !api) throw new Error('somebody takes alerts and shows what came of them');
  const before = (await api.collections()).length;
  // The processes share a stream with those of the tests before: another pod for each.
  const answer = await ingest.post(alertBody({ pod: `crate-${String(before)}` }));
  expect(answer).toMatchObject({ status: 200, json: { accepted: 1 } });
  const [uploaded] = await api.whenState('uploaded', before + 1);
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
  expect(await nats?.log()).not.toMatch(/violation/i);
});

it.each<[string, readonly Role[]]>([
  ['workers', ['intake', 'collect', 'upload']],
  ['all', roles],
])('%s may do what the users of its roles may, and nothing else', (user, run) => {
  const own = run.map(subjectsOf);
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
  expect(deny.length).toBe(3);
});

it('ingest can watch over its sources with the lines that are a comment, and only then', async () => {
  const watching = permissions.replaceAll(
    /^( *)# (?="(?:aw\.schedule\.source|\$JS\.API\.DIRECT\.GET\.ALERT_WATCHER\.aw\.source))/gm,
    '$1',
  );
  expect(watching).not.toBe(permissions);
  const own = await startNats([...passwords, `accounts { ALERTS { jetstream: enabled\n${watching} } }`]);
  try {
    const url = (user: string) => `nats://${user}:pw-${user}@127.0.0.1:${String(own.port)}`;
    const admin = await openConnection(url('admin'), {});
    await ensureStreams(admin, readDefinitions(), 1);
    const rules = quickRules('sources: [{ name: alertmanager, watchdog: { silenceSeconds: 1 } }]');
    const ingest = await start(url('ingest'), { rules, roles: ['ingest'], natsAuth: inboxOf('ingest') });
    await until('silence', () => lastMessage(admin, streamName, 'aw.source.alertmanager.SourceSilent'));
    await ingest.post(alertBody({}));
    await until('its end', () => lastMessage(admin, streamName, 'aw.source.alertmanager.SourceHeard'));
    await ingest.close();
    await admin.close();
    expect(await own.log()).not.toMatch(/violation/i);
  } finally {
    await own.stop();
  }
});

it('a process whose user may not make the probe is not ready, and says which permission is missing', async () => {
  const older = permissions.replaceAll(/(, )?"aw\.schedule\.probe\.\*"/g, '');
  expect(older).not.toBe(permissions);
  const own = await startNats([...passwords, `accounts { ALERTS { jetstream: enabled\n${older} } }`]);
  try {
    const url = (user: string) => `nats://${user}:pw-${user}@127.0.0.1:${String(own.port)}`;
    const admin = await openConnection(url('admin'), {});
    await ensureStreams(admin, readDefinitions(), 1);
    await admin.close();
    const ingest = await start(url('ingest'), { roles: ['ingest'], natsAuth: inboxOf('ingest') });
    const { checks } = (await ingest.get('/ready')) as unknown as { checks: Record<string, string> };
    expect(checks['writes']).toContain(
      'may not publish to aw.schedule.probe.first (deploy/nats/permissions.conf)',
    );
    await ingest.close();
  } finally {
    await own.stop();
  }
});

// What permissions.conf and SECURITY.md warn of. Where this fails the server has begun to tell timers apart: say so there.
it('a user that may publish any event of the stream may have the server write every other one', async () => {
  const headers = {
    'Nats-Schedule': `@at ${new Date().toISOString()}`,
    'Nats-Schedule-Target': 'aw.collection.c.n.made-up.CollectionRequested',
  };
  const subject = 'aw.alert.a.made-up.1.firing.AlertReceived';
  await as('ingest').publisher.publish({ subject, headers, body: '{}' });
  await until('the event', () => lastMessage(as('admin'), streamName, 'aw.collection.c.n.made-up.>'));
});

it('nobody listens to the answers of others', async () => {
  const { nc } = as('ingest');
  const refused = (async () => {
    for await (const status of nc.status()) if (JSON.stringify(status).includes('_INBOX_api')) return true;
    return false;
  })();
  nc.subscribe('_INBOX_api.>', { callback: () => undefined });
  expect(await refused).toBe(true);
});

describe('the user', () => {
  const collection = (type: string) => `aw.collection.c.n.p.${type}`;
  const next = (durable: string) => `$JS.API.CONSUMER.MSG.NEXT.${streamName}.${durable}`;
  it.each<[(typeof users)[number], string, string]>([
    ['ingest', 'request a recording', collection('CollectionRequested')],
    ['ingest', 'read the log', `$JS.API.STREAM.MSG.GET.${streamName}`],
    ['ingest', 'make a consumer', `$JS.API.CONSUMER.CREATE.${streamName}.mine.aw.>`],
    ['ingest', 'read recordings', `$JS.API.DIRECT.GET.OBJ_${recordingsBucket}`],
    ['intake', 'claim that something was recorded', collection('JfrCollected')],
    ['intake', 'make up alerts', 'aw.alert.a.f.1.firing.AlertReceived'],
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
    ['workers', 'make up alerts', 'aw.alert.a.f.1.firing.AlertReceived'],
    ['workers', 'redrive', collection('CollectionRedriven')],
    ['all', 'delete a durable consumer', `$JS.API.CONSUMER.DELETE.${streamName}.upload`],
    ['all', 'change the stream', `$JS.API.STREAM.UPDATE.${streamName}`],
    ['all', 'purge the stream', `$JS.API.STREAM.PURGE.${streamName}`],
  ])('%s may not %s', async (user, _what, subject) => {
    const { nc } = as(user);
    const refused = (async () => {
      for await (const status of nc.status()) {
        if (JSON.stringify(status).includes(subject)) return true;
      }
      return false;
    })();
    nc.publish(subject, '{}');
    expect(await refused).toBe(true);
  });
});
