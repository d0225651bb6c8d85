import { headers as natsHeaders } from 'nats';
import type { AlertReceivedData } from '../../src/events/data/alert.ts';
import { createEvent, decodeEvent, isEvent } from '../../src/events/envelope.ts';
import { append } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import type { Random } from '../support/random.ts';
import type { Fault } from './faults.ts';
import type { World } from './world.ts';

const durables = ['intake', 'targets', 'collect', 'upload'];

async function publishGarbage(connection: Connection, random: Random): Promise<void> {
  const header = (type: string) => {
    const headers = natsHeaders();
    headers.set('ce-type', type);
    headers.set('ce-id', `garbage-${String(random.integer(1e9))}`);
    return headers;
  };
  const subjects = [
    'aw.alert.x.y.1.firing.AlertReceived',
    'aw.collection.a.b.c.CollectionRequested',
    'aw.collection.a.b.c.JfrCollected',
    'aw.collection.a.b.c.Teleported',
    'aw.what.ever',
  ];
  const bodies = ['', 'not json', '{}', '[1,2]', '{"collectionId":"x","run":1}', '\u0000\u00ff'];
  for (let count = 0; count < 5; count += 1) {
    const subject = random.pick(subjects);
    const type = random.pick(['JfrCollected', 'CollectionRequested', 'AlertReceived', 'Future', '']);
    const options = type ? { headers: header(type) } : {};
    await connection.js.publish(subject, random.pick(bodies), options).catch(() => undefined);
  }
}

/** Well-formed alerts of another writer whose clock is years off, both ways. */
async function publishFromOtherTimes(connection: Connection, random: Random): Promise<void> {
  const times = ['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '2099-12-31T23:59:59.999999999Z'];
  for (const [index, receivedAt] of times.entries()) {
    const pod = `ok-other-time-${String(random.integer(1e9))}`;
    const alert: AlertReceivedData = {
      source: 'alertmanager',
      receiver: 'alert-watcher',
      groupKey: '{}',
      status: 'firing',
      labels: { alertname: 'CrateDBContainerRestart', kube_context: 'c', namespace: 'n', pod },
      annotations: {},
      startsAt: times[(index + 1) % times.length] ?? receivedAt,
      generatorURL: '',
      externalURL: '',
      fingerprint: random.integer(1e9).toString(16).padStart(16, '0'),
      receivedAt,
    };
    const event = createEvent('AlertReceived', alert, { part: 'faults', time: receivedAt });
    await append(connection, event).catch(() => undefined);
  }
}

/** Removes all or some of what no consumer needs any more, as `nats stream purge --seq` does; and remembers what was there. */
async function purgeSettled(connection: Connection, random: Random, world: World): Promise<void> {
  const floors = await Promise.all(
    durables.map(
      async (durable) => (await connection.jsm.consumers.info(streamName, durable)).ack_floor.stream_seq,
    ),
  );
  const { first_seq: first } = (await connection.jsm.streams.info(streamName)).state;
  const floor = Math.min(...floors);
  if (floor <= first) return;
  const seq = random.chance(0.5) ? floor : first + random.integer(floor - first);
  for await (const message of readRange(connection, streamName, { filter: 'aw.>', to: seq })) {
    const [, alertId] = /^aw\.schedule\.cooldown\.(.+)$/.exec(message.subject) ?? [];
    if (alertId !== undefined) world.purgedTimers.add(alertId);
    const event = decodeEvent(message);
    if (!isEvent(event)) continue;
    if (event.type === 'AlertReceived') world.purged.add(event.id);
    if (event.type === 'Uploaded') world.uploaded.add(event.data.url);
  }
  await connection.jsm.streams.purge(streamName, { seq });
}

const connected =
  (breakIt: (connection: Connection, random: Random, world: World) => Promise<void>): Fault =>
  async (world, random) => {
    const connection = await world.connection().catch(() => undefined);
    // NATS is away at the moment, by another fault: then this one is not to be had.
    if (connection) await breakIt(connection, random, world).catch(() => undefined);
    await connection?.close();
  };

/** What somebody else, or an operator, does to the stream. */
export const streamFaults: Record<string, Fault> = {
  'garbage on the stream': connected(publishGarbage),
  'alerts of other times on the stream': connected(publishFromOtherTimes),
  'an operator deletes a consumer': connected(async ({ jsm }, random) => {
    await jsm.consumers.delete(streamName, random.pick(durables));
  }),
  'an operator purges what is settled': connected(purgeSettled),
};
