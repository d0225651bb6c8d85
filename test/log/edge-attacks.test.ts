import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { headers as natsHeaders, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { createEvent, encodeEvent, type Event } from '../../src/events/envelope.ts';
import { answerActions } from '../../src/collection/by-hand/actions.ts';
import { answerEdge } from '../../src/edge.ts';
import type { Connection } from '../../src/log/connection.ts';
import { snapshotsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import {
  edgeUsers,
  type NatsWithAccounts,
  startWithAccounts,
  users as allUsers,
} from '../support/nats-accounts.ts';
import { until } from '../support/until.ts';

// The admin last: it shows that each attack can work.
const users = [...allUsers.filter((user) => user !== 'admin'), 'admin'];
let nats: NatsWithAccounts;
let admin: Connection;
let closeEdge: () => Promise<void>;

beforeAll(async () => {
  nats = await startWithAccounts();
  admin = await nats.as('admin');
  const nothing = () => Promise.resolve({ refused: 'no' });
  const actions = { start: nothing, redrive: nothing, cancel: nothing, notReady: () => undefined };
  const storing = { check: { name: 'writes', check: () => Promise.resolve(undefined) }, lastWrites: () => [], tried: Promise.resolve(), stop: () => undefined }; // prettier-ignore
  const intake = await nats.as('intake');
  const feature = {
    answerEdge: (onError: (error: unknown) => void) => answerActions(intake, actions, onError),
  };
  closeEdge = answerEdge(intake, storing, [feature], createLogger('silent'));
  for (const user of users) await nats.as(user);
});
afterAll(async () => {
  await closeEdge();
  await nats.stop();
});

const now = () => new Date().toISOString();
function alert(mark: string, changes: Partial<AlertReceivedData> = {}): Event {
  const data: AlertReceivedData = {
    ...{ source: 'alertmanager', receiver: 'r', groupKey: 'g', status: 'firing', annotations: {} },
    ...{ labels: { alertname: mark }, startsAt: '2026-11-20T18:31:29Z', generatorURL: '', externalURL: '' },
    ...{ fingerprint: mark, receivedAt: now() },
    ...changes,
  };
  return createEvent('AlertReceived', data, { part: 'ingest', time: data.receivedAt });
}

const pod = (mark: string) => ({ kubeContext: 'forged', namespace: 'n', pod: mark });
const forged = (mark: string) => `aw.collection.forged.n.${mark}.CollectionRequested`;
const isThere = async (subject: string) => (await lastMessage(admin, streamName, subject)) !== undefined;

interface Attack {
  name: string;
  /** What it needs first, done by the admin. */
  prepare?: (mark: string) => Promise<unknown>;
  /** Resolves when it was answered or is on its way. */
  attack: (nc: NatsConnection, mark: string) => Promise<unknown>;
  /** True where it did what it was meant to do. */
  hasWorked: (mark: string) => Promise<boolean>;
  /** What it does once it has worked is done to all. */
  once?: boolean;
}

/** Publishes and waits for an answer, if there is one. */
async function send(
  nc: NatsConnection,
  subject: string,
  body: string | Uint8Array,
  head: Record<string, string> = {},
) {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries(head)) headers.set(name, value);
  return nc.request(subject, body, { headers, timeout: 1_000 }).then((answer) => answer.string(), () => 'no answer'); // prettier-ignore
}
/** A message that the user of the mark may publish: an alert, or an event of its role. */
function ownMessage(mark: string) {
  const { subject, headers, body } = encodeEvent(alert(mark));
  const type = { collect: 'JfrCollected', upload: 'Uploaded' }[mark.split('-')[0] ?? ''];
  return { subject: type ? forged(mark).replace('CollectionRequested', type) : subject, headers, body };
}
/** Publishes it with more headers. */
async function sendOwn(nc: NatsConnection, mark: string, head: Record<string, string>) {
  const { subject, headers, body } = ownMessage(mark);
  return send(nc, subject, body, { ...headers, ...head });
}
/** Publishes with the answer wanted on a subject of the stream. */
async function sendFor(nc: NatsConnection, subject: string, body: object, reply: string) {
  nc.publish(subject, JSON.stringify(body), { reply });
  await nc.flush();
}
const publishAsAdmin = (subject: string) => admin.js.publish(subject, '{}');
const canary = (mark: string) => `aw.canary.${mark}`;
const withCanary = { once: true, prepare: (mark: string) => publishAsAdmin(canary(mark)), hasWorked: async (mark: string) => !(await isThere(canary(mark))) }; // prettier-ignore
const configOf = (mark: string, more: object) => ({
  stream_name: streamName,
  action: 'create',
  config: { name: `${mark.padEnd(22, 'x').slice(0, 22)}_1`, ack_policy: 'none', deliver_policy: 'by_start_sequence', opt_start_seq: 1, inactive_threshold: 5e9, max_deliver: 1, mem_storage: true, num_replicas: 1, ...more }, // prettier-ignore
});
const nameOf = (mark: string) => configOf(mark, {}).config.name;
const hasConsumer = (mark: string) => admin.jsm.consumers.info(streamName, nameOf(mark)).then(() => true, () => false); // prettier-ignore
const wants = (subject: string, body: object = {}): Attack['attack'] => (nc, mark) => sendFor(nc, subject, body, forged(mark)); // prettier-ignore
const stored = { hasWorked: (mark: string) => isThere(forged(mark)) };
const first = { seq: 1 };
let takenBefore = 0;
const takenOfIntake = async () =>
  (await admin.jsm.consumers.info(streamName, 'intake')).delivered.consumer_seq;

const attacks: Attack[] = [
  { name: 'purges the stream by an alert with Nats-Rollup: all', ...withCanary, attack: (nc, mark) => sendOwn(nc, mark, { 'Nats-Rollup': 'all' }) }, // prettier-ignore
  {
    name: 'forges a CollectionRequested by an alert that is a timer',
    attack: (nc, mark) =>
      sendOwn(nc, mark, { 'Nats-Schedule': `@at ${now()}`, 'Nats-Schedule-Target': forged(mark) }),
    ...stored,
  },
  {
    name: 'forges events for ever by an alert that is a cron timer',
    attack: (nc, mark) =>
      sendOwn(nc, mark, { 'Nats-Schedule': '@every 1s', 'Nats-Schedule-Target': forged(mark) }),
    ...stored,
  },
  {
    name: 'has an alert vanish by Nats-TTL',
    attack: (nc, mark) => sendOwn(nc, mark, { 'Nats-TTL': '1s' }),
    hasWorked: async (mark) => {
      const message = await lastMessage(admin, streamName, ownMessage(mark).subject);
      return message?.header('Nats-TTL') === '1s';
    },
  },
  { name: 'is told of its alert on a subject of the stream by Nats-Trace-Dest', attack: (nc, mark) => sendOwn(nc, mark, { 'Nats-Trace-Dest': forged(mark) }), ...stored }, // prettier-ignore
  { name: 'has the acknowledgement of an alert stored', attack: async (nc, mark) => {
      const { subject, headers, body } = ownMessage(mark);
      const head = natsHeaders();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      nc.publish(subject, body, { headers: head, reply: forged(mark) });
      await nc.flush();
    }, ...stored }, // prettier-ignore
  { name: 'has the answer of $JS.API.INFO stored', attack: wants('$JS.API.INFO'), ...stored },
  {
    name: 'has the answer of STREAM.INFO stored',
    attack: wants(`$JS.API.STREAM.INFO.${streamName}`),
    ...stored,
  },
  { name: 'has the answer of CONSUMER.INFO stored', attack: wants(`$JS.API.CONSUMER.INFO.${streamName}.intake`), ...stored }, // prettier-ignore
  { name: 'has a message stored again by STREAM.MSG.GET', attack: wants(`$JS.API.STREAM.MSG.GET.${streamName}`, first), ...stored }, // prettier-ignore
  { name: 'has a message stored again by DIRECT.GET, with the headers that it has', attack: wants(`$JS.API.DIRECT.GET.${streamName}`, first), ...stored }, // prettier-ignore
  {
    name: 'has a batch of messages stored again by DIRECT.GET of a subject',
    attack: (nc, mark) => sendFor(nc, `$JS.API.DIRECT.GET.${streamName}.aw.canary.all`, {}, forged(mark)),
    prepare: () => publishAsAdmin('aw.canary.all'),
    ...stored,
  },
  {
    name: 'has what it wrote into a bucket stored as an event, with the headers that it gave it',
    attack: async (nc, mark) => {
      const subject = `$O.${snapshotsBucket}.C.${mark}`;
      await send(nc, subject, '{}', { 'ce-type': 'CollectionRequested', 'ce-id': mark });
      await sendFor(nc, `$JS.API.DIRECT.GET.OBJ_${snapshotsBucket}.${subject}`, {}, forged(mark));
    },
    ...stored,
  },
  {
    name: 'makes a consumer that delivers to a subject of its choice',
    attack: (nc, mark) => send(nc, `$JS.API.CONSUMER.CREATE.${streamName}`, JSON.stringify(configOf(mark, { deliver_subject: `$O.${snapshotsBucket}.C.${mark}` }))), // prettier-ignore
    hasWorked: hasConsumer,
  },
  {
    name: 'makes a durable consumer that nobody ends',
    attack: async (nc, mark) => {
      const { name, mem_storage: _, ...config } = configOf(mark, { inactive_threshold: 0 }).config;
      const question = JSON.stringify({ stream_name: streamName, action: 'create', config: { ...config, durable_name: name } }); // prettier-ignore
      await send(nc, `$JS.API.CONSUMER.CREATE.${streamName}`, question);
      await send(nc, `$JS.API.CONSUMER.DURABLE.CREATE.${streamName}.${name}`, question);
    },
    hasWorked: hasConsumer,
  },
  {
    name: 'takes the work of the intake, so that alerts are acknowledged and never decided',
    prepare: async (mark) => {
      await admin.publisher.publish(encodeEvent(alert(mark)));
      takenBefore = await takenOfIntake();
    },
    attack: async (nc, mark) => {
      const answered = Promise.withResolvers<undefined>();
      const subscription = nc.subscribe(`_INBOX_${mark.split('-')[0] ?? ''}.taken`, {
        callback: (_error, message) => {
          message.respond('+ACK');
          answered.resolve(undefined);
        },
      });
      // One at a time: what is left of the request takes nothing that is meant for the next user.
      nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${streamName}.intake`, JSON.stringify({ batch: 1, expires: 1e9 }), { reply: subscription.getSubject() }); // prettier-ignore
      await Promise.race([answered.promise, setTimeout(1_500)]);
      await nc.flush();
      subscription.unsubscribe();
    },
    hasWorked: async () => (await takenOfIntake()) > takenBefore,
    once: true,
  },
  {
    name: 'purges a bucket by Nats-Rollup',
    once: true,
    prepare: (mark) => admin.js.publish(`$O.${snapshotsBucket}.M.${mark}`, '{}'),
    attack: (nc, mark) => send(nc, `$O.${snapshotsBucket}.M.attack-${mark}`, '{}', { 'Nats-Rollup': 'all' }),
    hasWorked: async (mark) => (await lastMessage(admin, `OBJ_${snapshotsBucket}`, `$O.${snapshotsBucket}.M.${mark}`)) === undefined, // prettier-ignore
  },
  { name: 'purges the stream by its API', ...withCanary, attack: (nc) => send(nc, `$JS.API.STREAM.PURGE.${streamName}`, '{}') }, // prettier-ignore
  {
    name: 'deletes a message',
    ...withCanary,
    attack: async (nc, mark) => {
      const seq = (await lastMessage(admin, streamName, canary(mark)))?.sequence;
      await send(nc, `$JS.API.STREAM.MSG.DELETE.${streamName}`, JSON.stringify({ seq, no_erase: true }));
    },
  },
  {
    name: 'publishes an event of another type by the subject of its own',
    attack: async (nc, mark) => {
      const { headers } = encodeEvent(alert(mark));
      const data = { ...pod(mark), collectionId: mark, alertId: mark, fingerprint: 'f', startsAt: now() };
      const event = createEvent('AlertAttached', data, { part: 'intake', time: now(), causeId: mark });
      const attached = encodeEvent(event);
      await send(nc, attached.subject.replace('AlertAttached', 'CollectionRequested'), attached.body, { ...headers, ...attached.headers }); // prettier-ignore
    },
    ...stored,
  },
  {
    name: 'asks the other processes of its account on the subject of the gate',
    attack: async (nc, mark) => {
      const { subject, headers, body } = encodeEvent(alert(mark));
      await send(nc, `alert-watcher.gate.${subject}`, body, { ...headers, 'Nats-Rollup': 'all' });
      await send(nc, `alert-watcher.gate.${forged(mark)}`, '{}', {
        'ce-type': 'CollectionRequested',
        'ce-id': mark,
      });
      await send(nc, forged(mark), '{}', { 'ce-type': 'CollectionRequested', 'ce-id': mark });
    },
    ...stored,
  },
];

/** As SECURITY.md has it: the users for whom an attack works. */
const told = new Map(
  [
    ...readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8').matchAll(
      /^\| … (.+?) +\| (.+?) +\|$/gm,
    ),
  ].map(([, attack = '', who = '']) => [attack, who === 'nobody' ? [] : who.split(', ')]),
);

it('SECURITY.md tells what was tried, and nothing else', () => {
  expect([...told.keys()]).toEqual(attacks.map(({ name }) => name));
});

describe.each(attacks)('a taken-over process that $name', ({ prepare, attack, hasWorked, once, name }) => {
  const markOf = (user: string) => `${user}-${String(attacks.findIndex((each) => each.name === name))}`;
  it('does so in vain at the edge, and elsewhere where SECURITY.md says so; the admin does it', async () => {
    const worked = new Map<string, boolean>();
    for (const user of users) {
      await prepare?.(markOf(user));
      await attack((await nats.as(user)).nc, markOf(user));
      // What it does once it has worked is done to all: the next one begins anew.
      if (once) worked.set(user, await hasWorked(markOf(user)));
    }
    await until('it to work for the admin', () => worked.get('admin') ?? hasWorked(markOf('admin')));
    // What is only slow has worked by now: the admin was the last.
    if (!once) for (const user of users) worked.set(user, await hasWorked(markOf(user)));
    const whom = users.filter((user) => user !== 'admin' && worked.get(user));
    expect(whom).toEqual(told.get(name));
    for (const user of edgeUsers) expect(whom).not.toContain(user);
  });
});
