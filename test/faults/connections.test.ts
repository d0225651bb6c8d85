import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { alertIdOf } from '../../src/events/ids.ts';
import { nanosOf } from '../../src/events/instant.ts';
import { createServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { useNats } from '../support/nats.ts';
import { createRandom } from '../support/random.ts';
import { type TestService, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody, captured, webhook } from '../support/webhook.ts';
import { postEach } from './input/post-each.ts';
import { inflightBytes, rawWebhook, useSockets } from './input/sockets.ts';
import { storedAlertIds } from './input/stored.ts';

const nats = useNats();
const startAny = useServices();
const open = useSockets();
const start = (maxInflightBytes = 64 * 1024 * 1024) =>
  startAny(nats.freshUrl(), { roles: ['ingest'], maxInflightBytes });
const numbered = (number: number) => alertBody({ alertname: 'Other', number: String(number) });
const stored = (service: TestService) => storedAlertIds(service.app.log.connection);
const nothingUnderWay = (service: TestService) =>
  until('the bytes to be given back', async () => (await inflightBytes(service.url)) === 0);

describe('senders that are slow', () => {
  it('keep nobody else waiting, are answered when they are through, and give their bytes back when they leave', async () => {
    const service = await start();
    const slow = await Promise.all(Array.from({ length: 50 }, () => open(service.url)));
    const request = rawWebhook(numbered(0));
    const head = request.indexOf('{') + 1;
    for (const { socket } of slow) socket.write(request.slice(0, head));
    await until('all of them', async () => (await inflightBytes(service.url)) === 50);
    for (let sent = head; sent < head + 100; sent += 1) {
      for (const { socket } of slow) socket.write(request.slice(sent, sent + 1));
      expect((await service.post(numbered(sent))).json).toMatchObject({ accepted: 1 });
    }
    const [first, ...others] = slow;
    first?.socket.write(request.slice(head + 100));
    expect(await first?.answers(1)).toMatchObject([{ status: 200 }]);
    for (const { socket } of others) socket.destroy();
    await nothingUnderWay(service);
    expect(await stored(service)).toHaveLength(101);
  });

  it('are cut off after five minutes, and after one that sees no body', async () => {
    const server = createServer(createLogger('silent'));
    expect(server.server).toMatchObject({ requestTimeout: 300_000, headersTimeout: 60_000 });
    await server.close();
  });

  it('do not keep the service from ending', async () => {
    const server = createServer(createLogger('silent'), { graceMs: 100 });
    server.post('/webhook/alertmanager', { config: { access: 'send' } }, () => ({}));
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const { socket } = await open(url);
    const arrived = once(server.server, 'request');
    socket.write(rawWebhook(numbered(1)).slice(0, 500));
    await arrived;
    await Promise.all([server.close(), once(socket, 'close')]);
  });
});

describe('two thousand connections at once', () => {
  it('are each answered 200 or 503, and what is sent again is stored once', async () => {
    // Room for a few hundred bodies: the rest has to come back.
    const room = 1_000_000;
    const service = await start(room);
    const bodies = Array.from({ length: 2_000 }, (_, number) => JSON.stringify(numbered(number)));
    let left = bodies;
    let refused = 0;
    for (let round = 1; left.length > 0; round += 1) {
      expect(round).toBeLessThan(100);
      const bytes = left.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
      const statuses = await postEach(service.url, left, () =>
        until(
          'the room to be full',
          async () => (await inflightBytes(service.url)) > Math.min(room, bytes / 2) - 5_000,
        ),
      );
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      left = left.filter((_, index) => statuses[index] === 503);
      refused += left.length;
    }
    expect(refused).toBeGreaterThan(1_000);
    const ids = await stored(service);
    expect(ids).toHaveLength(2_000);
    expect(new Set(ids).size).toBe(2_000);
    await nothingUnderWay(service);
  });
});

describe('a connection', () => {
  it.each([
    ['destroyed', 'destroy'],
    ['reset', 'resetAndDestroy'],
    ['half closed', 'end'],
  ] as const)(
    'that is %s in the middle of a body stores nothing and gives its bytes back',
    async (_, how) => {
      const service = await start();
      const request = rawWebhook(numbered(1));
      const head = request.indexOf('{');
      const cuts = [0, 1, 500, request.length - head - 1];
      const cutOff = await Promise.all(cuts.map(() => open(service.url)));
      cutOff.forEach(({ socket }, index) => socket.write(request.slice(0, head + (cuts[index] ?? 0))));
      const expected = cuts.reduce((sum, cut) => sum + cut, 0);
      await until('all of them', async () => (await inflightBytes(service.url)) === expected);
      for (const { socket } of cutOff) {
        socket[how]();
        await once(socket, 'close');
      }
      await nothingUnderWay(service);
      expect(await stored(service)).toEqual([]);
      expect((await service.post(numbered(1))).json).toMatchObject({ accepted: 1 });
    },
  );

  it('with pipelined requests gets an answer for each, in order, also after a bad one', async () => {
    const service = await start();
    const { socket, answers } = await open(service.url);
    const bodies = Array.from({ length: 60 }, (_, index) => (index % 20 === 7 ? '{' : numbered(index % 50)));
    socket.write(bodies.map(rawWebhook).join(''));
    const got = await answers(60);
    const ids = got.map(({ body }) => (JSON.parse(body) as { alerts?: { id: string }[] }).alerts?.[0]?.id);
    const expected = await Promise.all(bodies.map(async (body) => (await service.post(body)).json));
    expect(got.map(({ status }) => status)).toEqual(bodies.map((body) => (body === '{' ? 400 : 200)));
    expect(ids).toEqual(expected.map(({ alerts }) => (alerts as typeof alerts | undefined)?.[0]?.id));
    expect(new Set(ids).size - 1).toBe((await stored(service)).length);
  });

  it('with pipelined requests that is reset before they are answered gives their bytes back', async () => {
    const service = await start();
    const { socket } = await open(service.url);
    const alerts = Array.from({ length: 1_000 }, (_, number) => numbered(number).alerts[0]);
    const requests = [
      { ...webhook(), alerts },
      ...Array.from({ length: 20 }, (_, number) => numbered(number)),
    ];
    socket.write(requests.map(rawWebhook).join(''));
    await until('the first to be under way', async () => (await inflightBytes(service.url)) > 0);
    socket.resetAndDestroy();
    await nothingUnderWay(service);
    // Whatever was taken of it by then: sent again, each alert is there once.
    for (const body of requests) expect((await service.post(body)).status).toBe(200);
    const ids = await stored(service);
    expect(new Set(ids).size).toBe(1_000);
    expect(ids).toHaveLength(1_000);
  });
});

describe('two Alertmanagers that tell the same groups at the same time', () => {
  const told = [
    ...['mixed.1-firing', 'mixed.2-mixed', 'mixed.3-repeat-after-mixed', 'single_firing', 'single_resolved'],
    ...['ha_pair.1', 'ha_pair.2', 'repeat.1', 'repeat.2', 'group25_firing', 'max_alerts', 'unicode'],
  ].map((name) => JSON.parse(captured(`am0.33.1-${name}`)) as ReturnType<typeof webhook>);
  // Every alert that fires also resolves, while the other one still tells that it fires.
  const resolved = told.map((body) => ({
    ...body,
    alerts: body.alerts.map((alert) => ({ ...alert, status: 'resolved' })),
  }));
  const all = [...told, ...resolved];
  const ids = all.flatMap(({ alerts }) =>
    alerts.map((alert) => alertIdOf(alert.fingerprint ?? '', nanosOf(alert.startsAt) ?? 0n, alert.status)),
  );

  it.each([
    ['in order', undefined],
    ...['a', 'b', 'c', 'd'].map((seed) => [`out of order (seed ${seed})`, seed] as const),
  ] as const)('%s have each alert stored once', async (_, seed) => {
    const service = await start();
    const accepted: string[] = [];
    const tell = async (name: string) => {
      const random = createRandom(`${seed ?? ''}/${name}`);
      const bodies = seed === undefined ? all : all.toSorted(() => random.integer(3) - 1);
      for (const body of bodies) {
        const { status, json } = await service.post({ ...body, externalURL: `http://${name}:9093` });
        expect(status).toBe(200);
        accepted.push(...json.alerts.filter(({ result }) => result === 'accepted').map(({ id }) => id));
      }
    };
    await Promise.all(['alertmanager-1', 'alertmanager-2'].map(tell));
    expect(accepted.toSorted()).toEqual([...new Set(ids)].toSorted());
    expect((await stored(service)).toSorted()).toEqual(accepted.toSorted());
  });
});
