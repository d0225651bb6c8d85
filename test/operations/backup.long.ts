import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { type NatsProcess, startNats } from '../support/nats.ts';
import { useProcesses } from '../support/process.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { type TestService, useServices } from '../support/service.ts';
import { allStreams, type Backup, backUp, restore } from '../support/stream-backup.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const closers: (() => Promise<void>)[] = [];
// Registered first, so it runs last: a service does not wait for a server that is gone.
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const start = useServices();
const serve = useProcesses();
const s3 = useS3();

const yaml = (cooldownSeconds: number) => `collections:
  - { match: ['pod="crate-broken"'], collector: broken, durationSeconds: 0.05, maxAttempts: 1, retryOnRepeat: 0 }
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: ${String(cooldownSeconds)}, backoff: { initialSeconds: 0.2 } }
collectors: { sim: { driver: simulated }, broken: { driver: simulated, failTimes: 9 } }
`;
const rules = (cooldownSeconds: number) => parseConfig(yaml(cooldownSeconds), 'test.yaml');
const waiting = alertBody({ alertname: 'CrateDBCloudNotResponsive' });
const alerts = [alertBody({}), alertBody({ pod: 'crate-1' }), alertBody({ pod: 'crate-broken' })];

/** A nats-server with a store of its own, which is lost when it is stopped. */
async function newServer(): Promise<NatsProcess & { url: string; connection: Connection }> {
  const server = await startNats([]);
  const url = `nats://127.0.0.1:${String(server.port)}`;
  const connection = await openConnection(url);
  const stop = async () => {
    await connection.close();
    await server.stop();
  };
  closers.push(stop);
  return { ...server, url, connection, stop };
}

/** Two recordings, a collection that failed, and an alert that waits for the end of a cooldown; the end of that. */
async function makeHistory(service: TestService): Promise<number> {
  for (const alert of alerts) await service.post(alert);
  await service.whenState('uploaded', 2);
  await service.whenState('failed');
  await service.post(waiting);
  const { connection } = service.app.log;
  const suppressed = await until('the suppression', () =>
    lastMessage(connection, streamName, 'aw.collection.*.*.*.CollectionSuppressed'),
  );
  const { until: time } = JSON.parse(new TextDecoder().decode(suppressed.body)) as { until: string };
  return Date.parse(time);
}

const details = (service: TestService, ids: string[]) =>
  Promise.all(ids.map((id) => service.get(`/api/v1/collections/${id}`)));

/** As it is once message ids are forgotten: the server takes them from messages that are younger than the window. */
const withoutIds = (backup: Backup): Backup => ({
  ...backup,
  config: { ...backup.config, duplicate_window: 1e8 },
});

const backUpAll = async (connection: Connection, options = {}) => {
  const backups = [];
  for (const stream of allStreams()) backups.push(await backUp(connection, stream, options));
  return backups;
};

async function countOf(connection: Connection, type: string): Promise<number> {
  let count = 0;
  const filter = `aw.collection.*.*.*.${type}`;
  for await (const { sequence } of readRange(connection, streamName, { filter }))
    count += sequence > 0 ? 1 : 0;
  return count;
}

async function whenHandled({ jsm }: Connection): Promise<void> {
  for (const durable of ['intake', 'collect', 'upload']) {
    await until(`${durable} to be through`, async () => {
      const { num_pending, num_ack_pending } = await jsm.consumers.info(streamName, durable);
      return num_pending + num_ack_pending === 0;
    });
  }
}

describe('a backup restored on a new server', () => {
  it.each([
    ['with consumers, and a timer that is due later', { consumers: true, cooldown: 2.5, isDue: false }],
    ['without consumers, and a timer that was due meanwhile', { consumers: false, cooldown: 1, isDue: true }],
  ])(
    '%s, is the same state: nothing is recorded again, timers fire, repeats are known',
    async (_, { consumers, cooldown, isDue }) => {
      const lost = await newServer();
      const service = await start(lost.url, { rules: rules(cooldown) });
      const dueAt = await makeHistory(service);
      const before = await service.collections();
      const ids = before.map(({ id }) => id);
      const told = await details(service, ids);
      await whenHandled(lost.connection);
      const backups = await backUpAll(lost.connection, { consumers });
      await service.close();
      await lost.stop();
      if (isDue) await until('the end of the cooldown', () => Date.now() > dueAt);

      const found = await newServer();
      for (const backup of backups) await restore(found.connection, isDue ? withoutIds(backup) : backup);
      const again = await start(found.url, { rules: rules(cooldown) });
      const known = (await again.collections()).filter(({ id }) => ids.includes(id));
      expect(known).toEqual(before);
      expect(await details(again, ids)).toEqual(told);
      await again.whenState('uploaded', 3);
      await whenHandled(found.connection);
      expect(await countOf(found.connection, 'CollectionAttemptStarted')).toBe(4);
      for (const alert of [...alerts, waiting])
        expect((await again.post(alert)).json).toMatchObject({ accepted: 0, duplicates: 1 });
      expect(await cli(['audit', '--settled', '--deep'], { NATS_URL: found.url })).toMatchObject({ code: 0 });
    },
  );
});

describe('what happened after the backup that is restored', () => {
  it('is not on the stream: uploads are found where they are, alerts are taken when they are sent again', async () => {
    const lost = await newServer();
    const destination = `destination: ${JSON.stringify(placeOf(s3()))}\n`;
    const config = { rules: parseConfig(yaml(600) + destination, 'test.yaml') };
    const service = await start(lost.url, config);
    await s3().refuse();
    await service.post(alerts[0]);
    await service.whenState('uploading');
    // With its consumers the upload would come again after their ack_wait of 15 s.
    const backups = await backUpAll(lost.connection, { consumers: false });
    await s3().accept();
    await service.whenState('uploaded');
    await service.post(alerts[1]);
    await service.whenState('uploaded', 2);
    await service.close();
    await lost.stop();

    const found = await newServer();
    for (const backup of backups) await restore(found.connection, backup);
    const again = await start(found.url, config);
    await again.whenState('uploaded');
    expect(s3().objects.size).toBe(2);
    expect((await again.post(alerts[1])).json).toMatchObject({ accepted: 1 });
    await again.whenState('uploaded', 2);
    expect(s3().objects.size).toBe(3);
    await whenHandled(found.connection);
    expect(await brokenPromises(found.connection)).toEqual([]);
  });
});

describe('a stream that is put back under a running service', () => {
  it('ends the service, and the next one goes on from what is there', async () => {
    const server = await newServer();
    const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-put-back-'));
    closers.push(() => rm(directory, { recursive: true }));
    const config = join(directory, 'config.yaml');
    await writeFile(config, yaml(600));
    const environment = { NATS_URL: server.url, DATA_DIR: directory, ALERT_WATCHER_CONFIG: config };
    const service = serve(environment);
    const post = (url: string, body: unknown) =>
      fetch(`${url}/webhook/alertmanager`, { method: 'POST', body: JSON.stringify(body) });
    const uploads = () => countOf(server.connection, 'Uploaded');
    await post(await service.url(), alerts[0]);
    await until('a recording', async () => (await uploads()) === 1);
    await whenHandled(server.connection);
    const backups = await backUpAll(server.connection);
    await post(await service.url(), alerts[1]);
    await until('another one, which the backup does not have', async () => (await uploads()) === 2);

    for (const stream of allStreams()) await server.connection.jsm.streams.delete(stream);
    for (const backup of backups) await restore(server.connection, backup);
    await service.logged('that it cannot go on', ({ level }) => level === 'fatal');
    expect(await service.end('SIGTERM')).toBe(1);

    const next = serve(environment);
    await post(await next.url(), alerts[1]);
    await until('the recording that was lost', async () => (await uploads()) === 2);
    expect(await brokenPromises(server.connection)).toEqual([]);
  });
});
