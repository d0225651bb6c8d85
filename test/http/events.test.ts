import { get as httpGet, type IncomingMessage } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { policySubject } from '../../src/events/subjects.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { lastMessage } from '../../src/log/read.ts';
import { startNatsProxy } from '../faults/nats-proxy.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, type TestService, useServices } from '../support/service.ts';
import { openSse, type SseClient } from '../support/sse.ts';
import { eventSequences } from '../support/stream-events.ts';
import { until } from '../support/until.ts';
import { alertBody, captured } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const clients: SseClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function feed(service: TestService, query = '', headers: Record<string, string> = {}) {
  const client = await openSse(`${service.url}/api/v1/events${query}`, headers);
  clients.push(client);
  return client;
}

/** Of all but the policy. */
const sequences = ({ events }: SseClient) =>
  events.filter(({ type }) => type !== 'PolicyConfigured').map(({ data }) => Number(data['sequence']));
const typesOf = ({ events }: SseClient) => events.map(({ type }) => type);

async function waitingBytes(service: TestService): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^alert_watcher_event_feeds_waiting_bytes (\d+)$/m.exec(metrics)?.[1]);
}

/** Behind the policy, with which a stream begins. */
async function behindPolicy({ app }: TestService): Promise<string> {
  const policy = await lastMessage(app.log.connection, streamName, policySubject('PolicyConfigured'));
  return `?after=${String(policy?.sequence ?? 0)}`;
}
/** An alert that leads to nothing: one message. */
const other = (instance: number) => alertBody({ alertname: 'Other', instance: String(instance) });

/** A service after one collection, and the sequences of its stream that are no timers. */
async function afterOneCollection() {
  const service = await start(nats.freshUrl());
  await service.post(captured('am0.33.1-single_firing'));
  await service.whenState('uploaded');
  return service;
}

it('a feed does not outlive its token: it ends within seconds after that was revoked', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alert-watcher-feeds-'));
  const tokens = join(folder, 'tokens');
  await writeFile(tokens, 'revoked\nother\n');
  const rules = quickRules(`access: { readTokenFile: ${tokens} }`);
  const service = await start(nats.freshUrl(), { rules });
  const [revoked, other] = [
    await feed(service, '', { authorization: 'Bearer revoked' }),
    await feed(service, '', { authorization: 'Bearer other' }),
  ];
  expect([revoked.status, other.status]).toEqual([200, 200]);
  await writeFile(tokens, 'other\n');
  await until('the end of the feed', revoked.ended, 10_000);
  expect(other.ended()).toBe(false);
  expect((await feed(service, '', { authorization: 'Bearer revoked' })).status).toBe(401);
  await rm(folder, { recursive: true });
});

describe('the event feed', () => {
  it('tells each event as it happens, with its sequence as id', async () => {
    const service = await start(nats.freshUrl());
    const client = await feed(service);
    await until('the first position', () => client.lastEventId() !== '');
    await service.post(captured('am0.33.1-single_firing'));
    const [first, ...rest] = await client.whenEvents(5);

    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.retryMs()).toBe(3_000);
    const [sequence] = await eventSequences(service.app.log.connection);
    expect(first).toMatchObject({
      id: String(sequence),
      type: 'AlertReceived',
      data: {
        sequence,
        type: 'AlertReceived',
        source: '/alert-watcher/ingest',
        data: { status: 'firing', labels: { alertname: 'CrateDBContainerRestart' } },
      },
    });
    expect(Object.keys(first?.data ?? {})).toEqual(
      ['sequence', 'subject', 'id', 'type', 'time', 'storedAt', 'source', 'traceparent', 'data'],
    ); // prettier-ignore
    expect(rest.map(({ type }) => type)).toEqual([
      'CollectionRequested',
      'CollectionAttemptStarted',
      'JfrCollected',
      'Uploaded',
    ]);
  });

  it('goes on behind the last event of a client that reconnects, by header before query, without gap or repeat', async () => {
    const service = await afterOneCollection();
    const all = await feed(service, '?after=0');
    await all.whenEvents(6);
    const [, second, , fourth] = sequences(all);
    const byQuery = await feed(service, `?after=${String(second)}`);
    const byHeader = await feed(service, '?after=0', { 'last-event-id': String(fourth) });
    await service.post(other(1));
    for (const client of [all, byQuery, byHeader]) {
      await until(
        'the new alert',
        () => typesOf(client).at(-1) === 'AlertReceived' && client.events.length > 1,
      );
    }

    expect(sequences(byQuery)).toEqual(sequences(all).slice(2));
    expect(sequences(byHeader)).toEqual(sequences(all).slice(4));
  });

  it('misses nothing and repeats nothing while alerts keep coming and clients come and go', async () => {
    const service = await start(nats.freshUrl());
    const storm = Array.from({ length: 300 }, (_, index) => index);
    const posted = (async () => {
      for (const index of storm) await service.post(other(index));
    })();
    let client = await feed(service, await behindPolicy(service));
    const seen: number[] = [];
    while (seen.length < storm.length) {
      await until(
        'a few more',
        () => client.events.length > 40 || seen.length + client.events.length >= storm.length,
      );
      client.close();
      seen.push(...sequences(client));
      client = await feed(service, '', { 'last-event-id': client.lastEventId() });
    }
    await posted;

    expect(seen).toHaveLength(storm.length);
    expect(seen).toEqual(await eventSequences(service.app.log.connection));
  });

  it('tells only what a filter asks for, live and from before', async () => {
    const service = await afterOneCollection();
    const [collection] = await service.collections();
    const {
      id = '',
      kubeContext = '',
      namespace = '',
      pod = '',
    } = (collection ?? {}) as Record<string, string>;
    const name = [kubeContext, namespace, pod].join('/');
    const ends = await feed(service, '?after=0&type=Uploaded&type=CollectionFailed');
    const ofPod = await feed(service, `?after=0&pod=${encodeURIComponent(name)}`);
    const ofCollection = await feed(service, `?after=0&collection=${id}`);
    const ofAnother = await feed(service, '?after=0&pod=a/b/c');
    await ends.whenEvents(1);
    await ofPod.whenEvents(5);
    await ofCollection.whenEvents(4);
    await service.post(alertBody({ pod: 'another-0' }));
    await service.whenState('uploaded', 2);
    await ends.whenEvents(2);

    expect(typesOf(ends)).toEqual(['Uploaded', 'Uploaded']);
    expect(typesOf(ofPod)).toEqual(['AlertReceived', 'CollectionRequested', 'CollectionAttemptStarted', 'JfrCollected', 'Uploaded']); // prettier-ignore
    expect(typesOf(ofCollection)).toEqual(typesOf(ofPod).slice(1));
    expect(ofAnother.events).toEqual([]);
  });

  it('never tells timers of the server, nor probes', async () => {
    const service = await afterOneCollection();
    // For the same pod, within its cooldown: a timer is set.
    const [collection] = await service.collections();
    await service.post(alertBody({ pod: String(collection?.pod), alertname: 'CrateDBCloudNotResponsive' }));
    const client = await feed(service, '?after=0');
    await until('a suppressed alert', () => typesOf(client).includes('CollectionSuppressed'));
    await service.post(other(1));
    await until('a later alert', () => typesOf(client).at(-1) === 'AlertReceived');

    const { state } = await service.app.log.connection.jsm.streams.info(streamName, {
      subjects_filter: 'aw.schedule.>',
    });
    expect(Object.keys(state.subjects ?? {}).sort()).toEqual([
      expect.stringMatching(/^aw\.schedule\.cooldown\./),
      'aw.schedule.probe.first',
    ]);
    expect(client.events.every(({ data }) => !String(data['subject']).startsWith('aw.schedule'))).toBe(true);
  });

  it('says that events are purged, and that there never were any, and goes on with the first there is', async () => {
    const service = await afterOneCollection();
    const { connection } = service.app.log;
    const [, , , fourth = 0, fifth] = await eventSequences(connection);
    await connection.jsm.streams.purge(streamName, { seq: fourth });
    const purged = await feed(service, '?after=1');
    const beyond = await feed(service, '', { 'last-event-id': '9000' });
    await purged.whenEvents(3);
    await beyond.whenEvents(3);

    expect(purged.events[0]).toMatchObject({
      id: String(fourth - 1),
      type: 'gap',
      data: { reason: 'purged', after: 1, firstSequence: fourth },
    });
    expect(beyond.events[0]).toMatchObject({
      ...{ id: String(fourth - 1), type: 'gap', data: { reason: 'beyond-the-stream' } },
    });
    expect(sequences(purged).slice(1)).toEqual([fourth, fifth]);
    expect(sequences(beyond).slice(1)).toEqual([fourth, fifth]);
  });

  it('says that events are gone, too, where the policy before them has outlived them', async () => {
    const service = await afterOneCollection();
    const { connection } = service.app.log;
    const stored = await eventSequences(connection);
    const [, , third] = stored;
    // The first probe, and what was told and done.
    for (const sequence of [1, ...stored.slice(0, 2)])
      await connection.jsm.streams.deleteMessage(streamName, sequence);
    const behind = await behindPolicy(service);
    const client = await feed(service, behind);
    await client.whenEvents(4);
    expect(client.events[0]).toMatchObject({ type: 'gap', data: { reason: 'purged', firstSequence: third } });
    expect(sequences(client).slice(1)).toEqual(stored.slice(2));
  });

  it('is refused with 503 beyond the number that is allowed, and given again when one has left', async () => {
    const service = await start(nats.freshUrl(), { maxEventFeeds: 2 });
    await feed(service);
    const second = await feed(service);
    const refused = await fetch(`${service.url}/api/v1/events`);

    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ code: 'too-many-feeds' });
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain('alert_watcher_event_feeds 2\n');
    second.close();
    await until('a place', async () => (await feed(service)).status === 200);
  });

  it('goes on where it stopped when NATS is back', async () => {
    const url = new URL(nats.freshUrl());
    const proxy = await startNatsProxy(Number(url.port));
    const direct = await start(url.href);
    const { port } = new URL(proxy.url);
    const service = await start(Object.assign(new URL(url), { port }).href);
    try {
      const client = await feed(service, await behindPolicy(service));
      await direct.post(other(0));
      await client.whenEvents(1);
      proxy.split();
      for (let index = 1; index < 20; index += 1) await direct.post(other(index));
      proxy.join();
      await client.whenEvents(20);

      expect(sequences(client)).toHaveLength(20);
      expect(sequences(client)).toEqual(await eventSequences(direct.app.log.connection));
    } finally {
      await proxy.close();
    }
  });

  it('waits for a client that does not read, holds little for it, and then tells it everything once', async () => {
    const service = await start(nats.freshUrl());
    const behind = await behindPolicy(service);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpGet(`${service.url}/api/v1/events${behind}`, resolve),
    );
    const annotations = { text: 'x'.repeat(200_000) };
    const body = other(0);
    const rounds = 100;
    let mostWaiting = 0;
    for (let index = 0; index < rounds; index += 1) {
      const alerts = body.alerts.map((alert) => ({
        ...alert,
        annotations,
        labels: { ...alert.labels, instance: String(index) },
      }));
      await service.post({ ...body, alerts });
      mostWaiting = Math.max(mostWaiting, await waitingBytes(service));
    }
    const ids: number[] = [];
    response.setEncoding('utf8').on('data', (text: string) => {
      for (const [, id] of text.matchAll(/^id: (\d+)\nevent/gm)) ids.push(Number(id));
    });
    const stored = await eventSequences(service.app.log.connection);
    await until('the last event', () => ids.at(-1) === stored.at(-1));
    response.destroy();

    expect(stored).toHaveLength(rounds);
    expect(ids).toEqual(stored);
    // Of 20 MB: the bound, and the message that went over it.
    expect(mostWaiting).toBeGreaterThan(0);
    expect(mostWaiting).toBeLessThan(512 * 1024);
  });

  it('ends when the service stops, and does not hold it up', async () => {
    const service = await start(nats.freshUrl());
    const client = await feed(service);
    const before = performance.now();
    await service.close();

    expect(performance.now() - before).toBeLessThan(3_000);
    await until('the end', client.ended);
  });

  it.each(['?type=Nothing', '?after=x', '?after=-1', '?pod=only-a-name', '?colour=red'])(
    'is not given for %s',
    async (query) => {
      const service = await start(nats.freshUrl());
      expect(await service.get(`/api/v1/events${query}`)).toMatchObject({
        status: 400,
        code: 'bad-request',
        in: 'querystring',
      });
    },
  );
});
