import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/file.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { cli } from '../support/cli.ts';
import { type NatsOnStore, startOnStore } from '../support/nats-on-store.ts';
import { newestServer, packagedServer } from '../support/nats-server.ts';
import { placeOf, useS3 } from '../support/s3-fixture.ts';
import { type TestService, useServices } from '../support/service.ts';
import { whenHandled } from '../support/log.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const start = useServices();
const s3 = useS3();
const cooldownMs = 5_000;
const yaml = `collections:
  - { match: ['pod=~"slow-.*"'], collector: slow, durationSeconds: 0.05, cooldownSeconds: 600 }
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: ${String(cooldownMs / 1_000)}, backoff: { initialSeconds: 0.5, factor: 1 } }
collectors: { sim: { driver: simulated }, slow: { driver: simulated, tookSeconds: 3 } }
`;
const longMs = 45_000;

/** Sends alerts, one after the other and each until it is taken, as Alertmanager does, until it is ended. */
function keepSending(service: TestService): { end: () => Promise<string[]> } {
  const accepted: string[] = [];
  let isEnding = false;
  const send = async () => {
    for (let number = 0; !isEnding; number += 1) {
      const body = alertBody({ pod: `sent-${String(number)}` });
      for (let isTaken = false; !isTaken;) {
        const answer = await service.post(body);
        isTaken = answer.status === 200;
        if (isTaken) accepted.push(...answer.json.alerts.map(({ id }) => id));
        else await delay(50);
      }
      await delay(20);
    }
    return accepted;
  };
  const sending = send();
  // Where the test has failed the service is gone, and nobody asks for this.
  sending.catch(() => undefined);
  return {
    end: () => {
      isEnding = true;
      return sending;
    },
  };
}

/** One pod is being recorded, the recording of another can't be uploaded, and an alert of it waits for the end of the cooldown. */
async function beginWork(service: TestService, { connection }: NatsOnStore, name: string): Promise<void> {
  const whenLast = (type: string, pod: string) =>
    until(`${type} of ${pod}`, () => lastMessage(connection, streamName, `aw.collection.*.*.${pod}.${type}`));
  await s3().refuse();
  await service.post(alertBody({ pod: name }));
  await whenLast('UploadAttemptFailed', name);
  await service.post(alertBody({ pod: name, alertname: 'CrateDBCloudNotResponsive' }));
  await whenLast('CollectionSuppressed', name);
  await service.post(alertBody({ pod: `slow-${name}` }));
  await whenLast('CollectionAttemptStarted', `slow-${name}`);
}

/** All of it ends well: both uploads, and the recording for the alert that waited. */
async function seeItThrough(service: TestService, { connection }: NatsOnStore, name: string): Promise<void> {
  await s3().accept();
  const countOf = async (pod: string) =>
    (await service.collections()).filter((each) => each.pod === pod && each.state === 'uploaded').length;
  await until(`both recordings of ${name}`, async () => (await countOf(name)) === 2, longMs);
  await until(`the slow recording of ${name}`, async () => (await countOf(`slow-${name}`)) === 1, longMs);
  expect(
    await lastMessage(connection, streamName, `aw.collection.*.*.${name}.CooldownElapsed`),
  ).toBeDefined();
}

it.skipIf(!inject('programs').newestServer)(
  'NATS is upgraded and rolled back on its store while alerts come, recordings are made, uploads and alerts wait: all of it ends well',
  { timeout: 180_000 },
  async () => {
    const nats = await startOnStore(await packagedServer());
    const rules = parseConfig(`${yaml}destination: ${JSON.stringify(placeOf(s3()))}\n`, 'test.yaml');
    const service = await start(nats.url, { rules });
    const sending = keepSending(service);
    const versions: unknown[] = [];
    for (const [name, program] of [
      ['up', newestServer],
      ['down', await packagedServer()],
    ] as const) {
      await beginWork(service, nats, name);
      await nats.change(program);
      versions.push(nats.connection.nc.info?.version);
      await seeItThrough(service, nats, name);
    }
    expect(new Set(versions).size).toBe(2);
    const accepted = await sending.end();
    expect(accepted.length).toBeGreaterThan(4);
    // The last one has to be decided before it is among the collections.
    await whenHandled(nats.connection);
    await until(
      'nothing to be under way',
      async () => (await service.collections()).every(({ state }) => state === 'uploaded'),
      longMs,
    );
    await service.close();

    const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-upgrade-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'accepted'), accepted.join('\n'));
    const audit = await cli(['audit', '--settled', '--deep', '--accepted', join(directory, 'accepted')], {
      NATS_URL: nats.url,
    });
    expect([audit.code, audit.stdout]).toEqual([0, expect.stringContaining('no promise is broken')]);
  },
);
