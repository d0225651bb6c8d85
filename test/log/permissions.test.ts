import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Role, roles } from '../../src/config.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, recordingsBucket, streamName } from '../../src/log/definitions.ts';
import { ensureStreams } from '../../src/log/streams.ts';
import { type NatsProcess, startNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const permissions = readFileSync(new URL('../../deploy/nats/permissions.conf', import.meta.url), 'utf8');
const users = ['admin', ...roles] as const;
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

beforeAll(async () => {
  const passwords = users.map((user) => `${user.toUpperCase()}_PASSWORD: pw-${user}`);
  nats = await startNats([...passwords, `accounts { ALERTS { jetstream: enabled\n${permissions} } }`]);
  for (const user of users) connections.set(user, await openConnection(urlOf(user), inboxOf(user)));
  await ensureStreams(as('admin'), readDefinitions(), 1);
});
afterAll(async () => {
  await Promise.all([...connections.values()].map((connection) => connection.close()));
  await nats?.stop();
});

it('a service in five processes, each with the user of its role, does the whole work and nothing that is refused', async () => {
  const rules = quickRules();
  const one = (role: Role) =>
    start(urlOf(role), { rules, roles: [role], natsAuth: inboxOf(role), snapshotEveryEvents: 1 });
  const ingest = await one('ingest');
  for (const role of ['intake', 'collect', 'upload'] as const) await one(role);
  const api = await one('api');
  const answer = await ingest.post(alertBody({ pod: 'crate-1' }));
  expect(answer).toMatchObject({ status: 200, json: { accepted: 1 } });
  const [uploaded] = await api.whenState('uploaded');
  const recording = await fetch(`${api.url}/api/v1/collections/${uploaded?.id ?? ''}/recording`);
  expect(recording.status).toBe(200);
  expect((await recording.arrayBuffer()).byteLength).toBeGreaterThan(1_000);
  const started = await fetch(`${api.url}/api/v1/collections`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kubeContext: 'c', namespace: 'n', pod: 'p', reason: 'because', by: 'ann' }),
  });
  expect(started.status).toBe(202);
  await api.whenState('uploaded', 2);
  expect(await nats?.log()).not.toMatch(/violation/i);
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
  it.each<[Role, string, string]>([
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
  ])('%s may not %s', async (role, _what, subject) => {
    const { nc } = as(role);
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
