import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions, recordingsBucket, streamName } from '../../src/log/streams/definitions.ts';
import { startEmbedded } from '../../src/log/embedded/embedded.ts';
import { lastMessage } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { addDiscardingNew } from '../support/discard-new.ts';
import { useNats } from '../support/nats.ts';
import { type NatsOnStore, startOnStore } from '../support/nats-on-store.ts';
import { newestServer, packagedServer } from '../support/nats-server.ts';
import { freePort } from '../support/process.ts';
import { quickRules, useServices } from '../support/service.ts';
import { allStreams, type Backup, backUp, restore } from '../support/stream-backup.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const refused = /does not show the stream ALERT_WATCHER, but .*no empty one is put in its place/;
const rules = quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: 6 }
collectors: { sim: { driver: simulated } }
`);
const namesOf = async ({ jsm }: Connection) => (await jsm.streams.names().next()).sort();

const needsNewest = describe.skipIf(!inject('programs').newestServer);

needsNewest('a stream with discard: new, after the upgrade of its server', () => {
  let old: NatsOnStore;
  let history: unknown[];
  beforeEach(async (context) => {
    old = await startOnStore(await packagedServer());
    await addDiscardingNew(old.connection, context);
    const service = await start(old.url, { rules });
    await service.post(alertBody({ pod: 'crate-0' }));
    history = await service.whenState('uploaded');
    // It waits for the end of the cooldown.
    await service.post(alertBody({ pod: 'crate-0', alertname: 'CrateDBCloudNotResponsive' }));
    await until('the timer', () =>
      lastMessage(old.connection, streamName, 'aw.collection.*.*.*.CollectionSuppressed'),
    );
    await service.close();
  });

  const isWhole = async (url = old.url, connection = old.connection) => {
    const again = await start(url, { rules });
    expect(await again.collections()).toEqual(expect.arrayContaining(history));
    await again.whenState('uploaded', 2);
    expect((await again.post(alertBody({ pod: 'crate-0' }))).json).toMatchObject({ duplicates: 1 });
    await again.close();
    expect(await brokenPromises(connection)).toEqual([]);
  };

  it('is not replaced by an empty one; changed on the server of before it is there, whole, on the newer one', async () => {
    await old.change(newestServer);
    await expect(start(old.url, { rules })).rejects.toThrow(refused);
    const env = { NATS_URL: old.url };
    const applied = await cli(['streams', 'apply'], env);
    expect([applied.code, applied.stderr]).toEqual([3, expect.stringMatching(refused)]);
    expect(await namesOf(old.connection)).not.toContain(streamName);

    await old.change(await packagedServer());
    expect(await cli(['streams', 'apply'], env)).toMatchObject({ code: 0 });
    await old.change(newestServer);
    await isWhole();
  });

  it('that is created anew on the newer one has its history all the same, for good', async () => {
    await old.change(newestServer);
    expect(await cli(['streams', 'apply', '--anew'], { NATS_URL: old.url })).toMatchObject({ code: 0 });
    await old.change(newestServer);
    await isWhole();
  });

  it('is restored there from a backup with the settings of its file, and only with them', async () => {
    const backups: Backup[] = [];
    for (const name of allStreams()) backups.push(await backUp(old.connection, name));
    const newer = await startOnStore(newestServer);
    for (const backup of backups) {
      const isStream = backup.stream === streamName;
      if (isStream) await expect(restore(newer.connection, backup)).rejects.toThrow(/cannot use discard new/);
      const config = isStream ? readDefinitions().stream : backup.config;
      await restore(newer.connection, { ...backup, config });
    }
    await newer.change(newestServer);
    await isWhole(newer.url, newer.connection);
  });
});

describe('a stream that is not there, and whose buckets are', () => {
  it('is not created but by streams apply --anew; the recordings stay', async () => {
    const url = nats.freshUrl();
    const service = await start(url);
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.close();
    const connection = await openConnection(url);
    onTestFinished(connection.close);
    await connection.jsm.streams.delete(streamName);

    await expect(start(url)).rejects.toThrow(/Was it deleted\? Restore a backup, or .*streams apply --anew/);
    expect(await namesOf(connection)).not.toContain(streamName);
    expect(await cli(['streams', 'apply', '--anew'], { NATS_URL: url })).toMatchObject({ code: 0 });
    expect(await (await start(url)).collections()).toEqual([]);
    const { state } = await connection.jsm.streams.info(`OBJ_${recordingsBucket}`);
    expect(state.messages).toBeGreaterThan(0);
  });
});

needsNewest('the embedded server', () => {
  let dataDir = '';
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'alert-watcher-lost-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('finds in its store what it cannot show, leaves it as it is, and says so, also where no bucket is left', async (context) => {
    const port = await freePort();
    const before = await startEmbedded({ dataDir, port });
    const connection = await openConnection(before.url);
    await addDiscardingNew(connection, context);
    await connection.js.publish('aw.alert.x', 'kept');
    await connection.close();
    await before.stop();

    const meta = join(dataDir, 'nats/store/jetstream/$G/streams', streamName, 'meta.inf');
    const written = await readFile(meta, 'utf8');
    const env = { DATA_DIR: dataDir, NATS_EMBEDDED_PORT: String(port), LOG_LEVEL: 'silent', PORT: '0' };
    const newer = { ...env, NATS_SERVER_BIN: newestServer };
    for (const command of [['serve'], ['streams', 'apply'], ['streams', 'apply', '--anew']]) {
      const { code, stderr } = await cli(command, newer);
      expect([code, stderr]).toEqual([3, expect.stringMatching(/but it lies in its store: no empty one/)]);
    }
    expect(await readFile(meta, 'utf8')).toBe(written);
    expect(
      await cli(['streams', 'apply'], { ...env, NATS_SERVER_BIN: await packagedServer() }),
    ).toMatchObject({ code: 0 });
    expect(await cli(['streams', 'diff'], newer)).toMatchObject({ code: 0 });
    const { stdout } = await cli(['replay', '--json'], newer);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });
});
