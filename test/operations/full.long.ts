import { describe, expect, it, onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { addDiscardingNew } from '../support/discard-new.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const rules = (cooldownSeconds: number) =>
  quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: ${String(cooldownSeconds)} }
collectors: { sim: { driver: simulated, tookSeconds: 0.3 } }
`);
const lastOf = (connection: Connection, type: string, pod = '*') =>
  lastMessage(connection, streamName, `aw.collection.*.*.${pod}.${type}`);
const limit = async ({ jsm }: Connection, max_msgs: number) => {
  const { config } = await jsm.streams.info(streamName);
  await jsm.streams.update(streamName, { ...config, max_msgs });
};

/** Types of what the stream still has, or the kind of timer. */
async function left(connection: Connection): Promise<string[]> {
  const types: string[] = [];
  for await (const { subject } of readRange(connection, streamName, { filter: 'aw.>' }))
    types.push(subject.startsWith('aw.schedule.') ? 'timer' : (subject.split('.').at(-1) ?? ''));
  return types;
}

describe('a full stream', () => {
  it('takes no alerts, and takes the outcome of a recording in the place of its oldest events', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(600) });
    const { connection } = service.app.log;
    await service.post(alertBody({}));
    await until('the attempt', () => lastOf(connection, 'CollectionAttemptStarted'));
    // Of the alert until now.
    await limit(connection, 3);
    await service.whenState('uploaded');
    expect(await left(connection)).toEqual(['CollectionAttemptStarted', 'JfrCollected', 'Uploaded']);
    expect(await brokenPromises(connection)).toEqual([]);
    const post = async () => (await service.post(alertBody({ pod: 'crate-1' }))).status === 503;
    await until('alerts to be refused', post);
  });

  it('forgets what it drops: the next start does not know of the recording, and a repeat is a new alert', async () => {
    const url = nats.freshUrl();
    const connection = await openConnection(url);
    onTestFinished(connection.close);
    await connection.jsm.streams.add({ ...readDefinitions().stream, duplicate_window: 1e8 });
    const service = await start(url, {
      rules: rules(0),
      roles: ['ingest', 'intake', 'collect', 'upload', 'api'],
    });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.close();
    await limit(connection, 1);
    await limit(connection, -1);
    const again = await start(url, { rules: rules(0) });
    expect(await again.collections()).toEqual([]);
    const isNew = async () => (await again.post(alertBody({}))).json.accepted === 1;
    await until('its id to be forgotten, too', isNew);
    await again.whenState('uploaded');
  });

  it('that dropped a request makes no recording of it, and whoever folded it waits until it is cancelled', async () => {
    const url = nats.freshUrl();
    const deciding = await start(url, { rules: rules(0), roles: ['ingest', 'intake', 'api'] });
    const { connection } = deciding.app.log;
    await deciding.post(alertBody({ pod: 'crate-0' }));
    await deciding.whenState('requested');
    await deciding.post(alertBody({ pod: 'crate-1' }));
    await deciding.whenState('requested', 2);
    await limit(connection, 2);
    await limit(connection, -1);
    const recording = await start(url, { rules: rules(0) });
    await recording.whenState('uploaded');
    expect(await lastOf(connection, '*', 'crate-0')).toBeUndefined();
    expect((await deciding.collections()).map(({ pod, state }) => [pod, state])).toEqual([
      ['crate-1', 'uploaded'],
      ['crate-0', 'requested'],
    ]);
    expect((await recording.collections()).map(({ pod }) => pod)).toEqual(['crate-1']);
    const waiting = (await deciding.collections()).find(({ state }) => state === 'requested');
    const cancelled = await fetch(`${deciding.url}/api/v1/collections/${waiting?.id ?? ''}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'its request is gone' }),
    });
    expect(cancelled.status).toBe(202);
    await deciding.whenState('cancelled');
  });

  it('that dropped a timer and what it was for never decides that alert; later ones it does', async () => {
    const service = await start(nats.freshUrl(), { rules: rules(1.5) });
    const { connection } = service.app.log;
    const waiting = { alertname: 'CrateDBCloudNotResponsive' };
    const suppress = async (pod: string) => {
      await service.post(alertBody({ pod }));
      await until(`the recording of ${pod}`, () => lastOf(connection, 'JfrCollected', pod));
      await service.post(alertBody({ pod, ...waiting }));
      await until(`${pod} to wait`, () => lastOf(connection, 'CollectionSuppressed', pod));
    };
    await suppress('crate-0');
    const before = (await left(connection)).length;
    await suppress('crate-1');
    await limit(connection, (await left(connection)).length - before);
    await limit(connection, -1);
    await until('the later timer', () => lastOf(connection, 'CooldownElapsed', 'crate-1'));
    expect(await lastOf(connection, 'CooldownElapsed', 'crate-0')).toBeUndefined();
  });
});

describe('a full stream with discard: new, of an earlier version', () => {
  it('refuses the outcome of a recording, and takes it, recorded once, when the limit is raised', async (context) => {
    const url = nats.freshUrl();
    const before = await openConnection(url);
    onTestFinished(before.close);
    await addDiscardingNew(before, context);
    const service = await start(url, { rules: rules(600) });
    const { connection } = service.app.log;
    await service.post(alertBody({}));
    const started = await until('the attempt', () => lastOf(connection, 'CollectionAttemptStarted'));
    await limit(connection, started.sequence);
    const isPutOff = async () =>
      (await connection.jsm.consumers.info(streamName, 'collect')).num_redelivered > 0;
    await until('the outcome to be refused', isPutOff);
    expect(await lastOf(connection, 'JfrCollected')).toBeUndefined();
    await limit(connection, -1);
    await service.whenState('uploaded');
    expect((await lastOf(connection, 'CollectionAttemptStarted'))?.sequence).toBe(started.sequence);
    expect(await brokenPromises(connection)).toEqual([]);
  });
});
