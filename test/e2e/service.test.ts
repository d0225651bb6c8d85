import { describe, expect, it } from 'vitest';
import { recordingsBucket, stagingBucket, streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { listObjects, readObject } from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { eventSequences } from '../support/stream-events.ts';
import { until } from '../support/until.ts';
import { alertBody, captured, webhook } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const cooldown = (seconds: number) =>
  quickRules(`collections:
  - match: ['alertname=~"CrateDB.*"']
    collector: sim
    durationSeconds: 0.05
    cooldownSeconds: ${String(seconds)}
collectors: { sim: { driver: simulated } }
`);

describe('a firing alert', () => {
  it('leads to one recording at its destination, told by its events', async () => {
    const service = await start(nats.freshUrl());
    const { status, json } = await service.post(captured('am0.33.1-single_firing'));
    expect(status).toBe(200);
    expect(json).toMatchObject({ accepted: 1, duplicates: 0, alerts: [{ result: 'accepted' }] });
    const [item] = await service.whenState('uploaded');
    expect(item).toMatchObject({ alertname: 'CrateDBContainerRestart', kubeContext: 'aks1-westeurope-prod' });
    const story = await service.get(`/api/v1/collections/${item?.id ?? ''}`);
    expect(story).toMatchObject({
      alerts: [json.alerts[0]?.id],
      attempts: [
        { stage: 'collect', attempt: 1, result: 'success' },
        { stage: 'upload', attempt: 1, result: 'success' },
      ],
      recording: { chunks: 1, simulated: true },
      events: ['CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded'].map((type) => ({
        type,
      })),
    });
    const { connection } = service.app.log;
    const [object] = await listObjects(connection, recordingsBucket);
    expect(`object-store://${recordingsBucket}/${object?.name ?? ''}`).toBe(story.url);
    expect(object?.name).toMatch(
      /^aks1-westeurope-prod\/bfed25f8-[^/]+\/crate-data-hot-[^/]+\/crate-data-hot-[^/]+-1\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{32}\.jfr$/,
    );
    await until(
      'the staged copy to be gone',
      async () => (await listObjects(connection, stagingBucket)).length === 0,
    );
  });

  it('is stored once, also when another Alertmanager repeats it, and with what repeats it nothing happens', async () => {
    const service = await start(nats.freshUrl());
    const body = webhook();
    await service.post(body);
    expect((await service.post(body)).json).toMatchObject({ accepted: 0, duplicates: 1 });
    const other = { ...body, externalURL: 'http://alertmanager-2.example:9093' };
    expect((await service.post(other)).json).toMatchObject({ accepted: 0, duplicates: 1 });
    const twice = { ...body, alerts: [...body.alerts, ...body.alerts] };
    expect((await service.post(twice)).json.alerts.map(({ result }) => result)).toEqual([
      'duplicate',
      'duplicate',
    ]);
    await service.whenState('uploaded');
    expect(await service.collections()).toHaveLength(1);
  });

  it('told by two Prometheus with starts that differ is two alerts and one recording', async () => {
    const service = await start(nats.freshUrl());
    expect((await service.post(captured('am0.33.1-ha_pair.1'))).json).toMatchObject({ accepted: 1 });
    expect((await service.post(captured('am0.33.1-ha_pair.2'))).json).toMatchObject({ accepted: 1 });
    await service.whenState('uploaded');
    const { connection } = service.app.log;
    await until('the second to be answered', async () => {
      const types = ['AlertAttached', 'CollectionSuppressed'].map((type) =>
        lastMessage(connection, streamName, `aw.collection.*.*.*.${type}`),
      );
      return (await Promise.all(types)).some(Boolean);
    });
    expect(await service.collections()).toHaveLength(1);
  });

  it('that resolved is stored and starts nothing', async () => {
    const service = await start(nats.freshUrl());
    expect((await service.post(captured('am0.33.1-single_resolved'))).json).toMatchObject({ accepted: 1 });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    expect(await service.collections()).toHaveLength(1);
    const { connection } = service.app.log;
    expect(await lastMessage(connection, streamName, 'aw.alert.*.*.*.resolved.AlertReceived')).toBeDefined();
  });

  it.each([
    ['without pod', alertBody({ pod: '' }), 'pod', 'missing-label'],
    [
      'with a pod that looks like an option',
      alertBody({ pod: '--kube-context=evil' }),
      'pod',
      'invalid-label',
    ],
    ['with a pod that climbs', alertBody({ pod: '../../etc' }), 'pod', 'invalid-label'],
    ['with a wildcard for a pod', alertBody({ pod: '>' }), 'pod', 'invalid-label'],
    ['with a star in its namespace', alertBody({ namespace: 'a*' }), 'namespace', 'invalid-label'],
  ])('%s is kept and declined, with the label', async (_, body, label, reason) => {
    const service = await start(nats.freshUrl());
    expect((await service.post(body)).json).toMatchObject({ accepted: 1 });
    const { connection } = service.app.log;
    const declined = await until('AlertDeclined', () =>
      lastMessage(connection, streamName, 'aw.alert.*.*.*.*.AlertDeclined'),
    );
    expect(JSON.parse(new TextDecoder().decode(declined.body))).toMatchObject({ label, reason });
    expect(await service.collections()).toEqual([]);
  });

  it.each([100, 1_000, 1_001, 2_500])(
    'in a group of %i of which some are there already loses none, and none is stored twice',
    async (count) => {
      const service = await start(nats.freshUrl(), { roles: ['ingest'] });
      const [alert] = webhook().alerts;
      const numbered = (number: number) => ({ ...alert, fingerprint: number.toString(16).padStart(16, '0') });
      const group = Array.from({ length: count }, (_, number) => numbered(number));
      const known = [numbered(0), numbered(count - 2)];
      await service.post({ ...webhook(), alerts: known });
      // One of them twice in the same body, and one that is none.
      const told = [...group, numbered(count - 1), { status: 'firing' }];
      const { status, json } = await service.post({ ...webhook(), alerts: told });
      expect(status).toBe(200);
      expect(json).toMatchObject({ accepted: count - 2, duplicates: 3 });
      const results = json.alerts.map(({ result }) => result);
      expect(results.slice(-3)).toEqual(['accepted', 'duplicate', 'rejected']);
      expect(results[0]).toBe('duplicate');
      expect(await eventSequences(service.app.log.connection)).toHaveLength(count);
      expect((await service.post({ ...webhook(), alerts: told })).json).toMatchObject({ accepted: 0 });
    },
  );

  it('in a group of 500 is answered for with the others', async () => {
    const service = await start(nats.freshUrl());
    const { status, json } = await service.post(captured('am0.25.0-group500'));
    expect(status).toBe(200);
    expect(json.accepted).toBe(500);
    expect((await service.post(captured('am0.25.0-group500'))).json).toMatchObject({
      accepted: 0,
      duplicates: 500,
    });
  });
});

describe('a collection that fails', () => {
  it('is tried again as the plan says, and every attempt is told', async () => {
    const rules = quickRules(`collections:
  - match: ['alertname=~".+"']
    collector: sim
    durationSeconds: 0.05
    backoff: { initialSeconds: 0.1, factor: 1 }
collectors: { sim: { driver: simulated, failTimes: 2 } }
`);
    const service = await start(nats.freshUrl(), { rules });
    await service.post(captured('am0.33.1-single_firing'));
    const [item] = await service.whenState('uploaded');
    const { attempts } = await service.get(`/api/v1/collections/${item?.id ?? ''}`);
    expect(attempts).toMatchObject([
      { attempt: 1, result: 'failure', error: { code: 'collector-exited' } },
      { attempt: 2, result: 'failure' },
      { attempt: 3, result: 'success' },
      { stage: 'upload', result: 'success' },
    ]);
  });

  it.each([
    ['the program is not there', 'gone', 'collector-not-found'],
    ['the recording is cut short', 'cut', 'recording-truncated'],
    ['the program never ends', 'endless', 'collector-timeout'],
  ])('where %s ends in CollectionFailed with a code that says so', async (_, collector, code) => {
    const rules = quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: ${collector}, durationSeconds: 0.05, timeoutSeconds: 0.5, maxAttempts: 2, backoff: { initialSeconds: 0.05 } }
collectors:
  gone: { command: [no-such-program-here, '{pod}'] }
  cut: { driver: simulated, truncate: true }
  endless: { driver: simulated, hang: true }
`);
    const service = await start(nats.freshUrl(), { rules });
    await service.post(captured('am0.33.1-single_firing'));
    const [item] = await service.whenState('failed');
    const story = await service.get(`/api/v1/collections/${item?.id ?? ''}`);
    expect(story.attempts).toHaveLength(2);
    expect(story.events.at(-1)).toMatchObject({
      type: 'CollectionFailed',
      data: { stage: 'collect', attempts: 2, error: { code } },
    });
  });
});

describe('an alert in the cooldown', () => {
  const other = { alertname: 'CrateDBCloudNotResponsive' };

  it('that keeps firing gets its recording when the cooldown ends', async () => {
    const service = await start(nats.freshUrl(), { rules: cooldown(1.5) });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.post(alertBody(other));
    const both = await service.whenState('uploaded', 2);
    expect(both.map(({ alertname }) => alertname)).toEqual([
      'CrateDBCloudNotResponsive',
      'CrateDBContainerRestart',
    ]);
  });

  it('gets it also when the service was down at that moment', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules: cooldown(1.5) });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.post(alertBody(other));
    const { connection } = service.app.log;
    await until('the suppression', () =>
      lastMessage(connection, streamName, 'aw.collection.*.*.*.CollectionSuppressed'),
    );
    await service.close();
    const looking = await start(url, { roles: ['api'] });
    await until('the timer', () =>
      lastMessage(looking.app.log.connection, streamName, 'aw.collection.*.*.*.CooldownElapsed'),
    );
    expect(await looking.collections()).toHaveLength(1);
    const again = await start(url, { rules: cooldown(1.5) });
    expect(await again.whenState('uploaded', 2)).toHaveLength(2);
  });

  it('that resolved meanwhile gets none', async () => {
    const service = await start(nats.freshUrl(), { rules: cooldown(1.5) });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
    await service.post(alertBody(other));
    await service.post(alertBody(other, { status: 'resolved' }));
    const { connection } = service.app.log;
    const elapsed = await until('the timer', () =>
      lastMessage(connection, streamName, 'aw.collection.*.*.*.CooldownElapsed'),
    );
    await until('the intake to have handled it', async () => {
      const { ack_floor } = await connection.jsm.consumers.info(streamName, 'intake');
      return ack_floor.stream_seq >= elapsed.sequence;
    });
    expect(await service.collections()).toHaveLength(1);
  });
});

describe('a message on the stream that is no event', () => {
  it('is named in EventRejected and blocks nothing', async () => {
    const service = await start(nats.freshUrl());
    const { connection } = service.app.log;
    await connection.js.publish('aw.alert.x.y.1.firing.AlertReceived', 'garbage');
    await connection.js.publish('aw.collection.a.b.c.CollectionRequested', '{}');
    await connection.js.publish('aw.collection.a.b.c.Whatever', '');
    await service.post(captured('am0.33.1-single_firing'));
    await service.whenState('uploaded');
    const named = (consumer: string) =>
      lastMessage(connection, streamName, `aw.rejected.${consumer}.*.EventRejected`);
    expect(new TextDecoder().decode((await until('it', () => named('intake'))).body)).toContain(
      'no-event-type',
    );
    expect(new TextDecoder().decode((await until('it', () => named('collect'))).body)).toContain(
      'CollectionRequested',
    );
  });

  it('under the prefix of a pod does not keep that pod from being recorded', async () => {
    const service = await start(nats.freshUrl());
    const { kube_context, namespace, pod } = webhook().alerts[0]?.labels ?? {};
    const { connection } = service.app.log;
    const prefix = `aw.collection.${kube_context ?? ''}.${namespace ?? ''}.${pod ?? ''}`;
    await connection.js.publish(`${prefix}.Junk`, 'x');
    await service.post(captured('am0.33.1-single_firing'));
    await service.whenState('uploaded');
    await connection.jsm.streams.purge(streamName, { filter: `${prefix}.>` });
    const { labels } = webhook().alerts[0] ?? { labels: {} };
    await service.post(alertBody({ ...labels, alertname: 'CrateDBCloudNotResponsive' }));
    await until('the decision', () => lastMessage(connection, streamName, `${prefix}.CollectionSuppressed`));
  });
});

it('an alert that the stream has forgotten and that still fires is recorded again, by processes that remember it and that do not', async () => {
  const url = nats.freshUrl();
  const older = await start(url, { rules: cooldown(0) });
  const { jsm } = older.app.log.connection;
  const { config } = await jsm.streams.info(streamName);
  await jsm.streams.update(streamName, { ...config, duplicate_window: 1e8 });
  await older.post(captured('am0.33.1-single_firing'));
  await older.whenState('uploaded');
  // As max_age does in the end: the alert and all that was decided about it are gone.
  await jsm.streams.purge(streamName);
  const newer = await start(url, { rules: cooldown(0) });
  await until('the message id to be forgotten', async () => (await newer.post(captured('am0.33.1-single_firing'))).json['accepted'] === 1); // prettier-ignore
  await until('both to show it', async () => {
    const counts = await Promise.all([older, newer].map(async (each) => (await each.collections()).map(({ state }) => state))); // prettier-ignore
    return counts[0]?.join() === 'uploaded,uploaded' && counts[1]?.join() === 'uploaded';
  });
});

it('a recording is read back byte by byte as JfrCollected names it', async () => {
  const service = await start(nats.freshUrl());
  await service.post(captured('am0.33.1-single_firing'));
  await service.whenState('uploaded');
  const { connection } = service.app.log;
  const [object] = await listObjects(connection, recordingsBucket);
  const parts: Uint8Array[] = [];
  for await (const part of readObject(connection, recordingsBucket, object?.name ?? '')) parts.push(part);
  expect(Buffer.concat(parts)).toHaveLength(object?.bytes ?? -1);
});
