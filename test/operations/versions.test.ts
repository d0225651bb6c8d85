import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { headers as natsHeaders } from 'nats';
import { describe, expect, it } from 'vitest';
import { createEvent, type Event } from '../../src/events/envelope.ts';
import { collectionIdOf, receptionIdOf } from '../../src/events/ids.ts';
import { nanosOf } from '../../src/events/instant.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { append } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { stagingBucket, streamName } from '../../src/log/streams/definitions.ts';
import { listObjects, putObject } from '../../src/log/objects/store.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { brokenPromises } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { alertRef, plan, pod } from '../support/events.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));
const rules = quickRules(`collections:
  - { match: ['alertname=~"CrateDB.*"'], collector: sim, durationSeconds: 0.05, cooldownSeconds: 0 }
collectors: { sim: { driver: simulated, tookSeconds: 0.3 } }
`);

/** An alert that no row matches, and what a version wrote that was asked to record for it. */
function requestedNow(change: (data: object) => object) {
  const time = new Date().toISOString();
  const { alertId, fingerprint, startsAt } = alertRef(1);
  const alertname = 'DecidedElsewhere';
  const labels = { alertname, kube_context: pod.kubeContext, namespace: pod.namespace, pod: pod.pod };
  const received = {
    ...{ source: 'alertmanager', receiver: 'r', groupKey: 'g', status: 'firing' as const },
    ...{
      labels,
      annotations: {},
      startsAt,
      fingerprint,
      generatorURL: '',
      externalURL: '',
      receivedAt: time,
    },
  };
  const causeId = receptionIdOf(alertId, nanosOf(time) ?? 0n);
  const trigger = { alertId, alertname, fingerprint, startsAt };
  const collectionId = collectionIdOf(causeId);
  const data = { ...pod, collectionId, trigger, plan: { ...plan, collector: 'sim', cooldownSeconds: 0 } };
  const requested = createEvent('CollectionRequested', data, { part: 'intake', time, causeId });
  const changed = <E extends Event>(event: E) => ({ ...event, data: change(event.data) }) as E;
  return {
    collectionId,
    time,
    received: changed(createEvent('AlertReceived', received, { part: 'ingest', time })),
    requested: changed(requested),
  };
}

/** As a message of somebody else comes: whatever the type, the fields and the bytes. */
const publish = (connection: Connection, subject: string, type: string, body: string) => {
  const headers = natsHeaders();
  if (type) for (const [name, value] of [['ce-type', type], ['ce-id', `${type}-1`]] as const) headers.set(name, value); // prettier-ignore
  return connection.js.publish(subject, body, { headers });
};

async function typesOf(connection: Connection, filter: string): Promise<string[]> {
  const types: string[] = [];
  for await (const { subject } of readRange(connection, streamName, { filter })) types.push(subject.split('.').at(-1) ?? ''); // prettier-ignore
  return types;
}

/** Adds a field to every object whose fields the contract names. */
function withLaterFields(value: object): object {
  const entries = Object.entries(value).map(([name, inner]: [string, unknown]) => {
    const isOpen = name === 'labels' || name === 'annotations' || Array.isArray(inner);
    return [name, typeof inner === 'object' && inner !== null && !isOpen ? withLaterFields(inner) : inner];
  });
  return { ...Object.fromEntries(entries), addedLater: { by: 'a newer version' } } as object;
}

describe('a newer version on the same stream', () => {
  it('whose messages lie between the events of a pod neither blocks nor reorders them', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules });
    const { connection } = service.app.log;
    await service.post(alertBody(pod));
    const prefix = podSubject(pod);
    await until('the attempt', () =>
      lastMessage(connection, streamName, `${prefix}.CollectionAttemptStarted`),
    );
    await publish(connection, `${prefix}.HeapDumped`, 'HeapDumped', '{"bytes":1}');
    await publish(connection, `${prefix}.CollectionFailed`, 'CollectionFailed', '{"stage":"transport"}');
    await publish(connection, `${prefix}.JfrCollected`, 'JfrCollected', '{"recordings":[]}');
    await publish(connection, `${prefix}.CollectionRequested`, '', 'not JSON');
    await publish(connection, 'aw.digest.2026.DigestWritten', 'DigestWritten', '{}');
    await service.whenState('uploaded');
    await service.post(alertBody({ ...pod, alertname: 'CrateDBCloudNotResponsive' }));
    await service.whenState('uploaded', 2);

    const one = ['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'];
    const foreign = ['HeapDumped', 'CollectionFailed', 'JfrCollected', 'CollectionRequested'];
    const [requested, started, ...ends] = one;
    expect(await typesOf(connection, `${prefix}.>`)).toEqual([
      requested,
      started,
      ...foreign,
      ...ends,
      ...one,
    ]);
    await until('both that no consumer can read to be named', async () => {
      const types = await typesOf(connection, 'aw.rejected.>');
      return types.length === 2;
    });
    const shown = await service.collections();
    await service.close();
    const next = await start(url, { rules });
    expect(await next.collections()).toEqual(shown);
    expect(await brokenPromises(next.app.log.connection)).toEqual([]);
  });

  it('whose events have more fields is understood: what it requested is recorded', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules });
    const { received, requested } = requestedNow(withLaterFields);
    await append(service.app.log.connection, received);
    await append(service.app.log.connection, requested);
    await service.whenState('uploaded');
    expect(await brokenPromises(service.app.log.connection)).toEqual([]);
  });
});

describe('an older version before this one', () => {
  it('that staged the bytes themselves for the object store: they are brought there', async () => {
    const url = nats.freshUrl();
    const connection = (await start(url, { rules, roles: ['api'] })).app.log.connection;
    const bytes = await readFile(sample);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { received, requested, collectionId, time } = requestedNow((data) => data);
    const stagedName = `${collectionId}/1-1/${sha256}`;
    const checked = { startedAt: time, durationMs: 3_000, chunks: 1, jfrVersion: '2.1' };
    const recording = { stagedName, bytes: bytes.length, sha256, ...checked };
    const run = { ...pod, collectionId, run: 1, attempt: 1 };
    const about = { part: 'collect', time };
    const body = (async function* () {
      yield await Promise.resolve(new Uint8Array(bytes));
    })();
    const label = { name: stagedName, metadata: { recording: JSON.stringify(recording) } };
    const by = { host: 'h', process: 'p' };
    await append(connection, received);
    await append(connection, requested);
    await append(connection, createEvent('CollectionAttemptStarted', { ...run, by }, about));
    await putObject(connection, stagingBucket, label, body);
    await append(connection, createEvent('JfrCollected', { ...run, recording, tookMs: 3_000 }, about));

    const service = await start(url, { rules });
    await service.whenState('uploaded');
    const isEmpty = async () => (await listObjects(connection, stagingBucket)).length === 0;
    await until('the staged copy to be gone', isEmpty);
    expect(await cli(['audit', '--settled', '--deep'], { NATS_URL: url })).toMatchObject({ code: 0 });
  });
});
