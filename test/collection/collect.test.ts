import { describe, expect, it } from 'vitest';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import { maxCutShort, type PodEvent } from '../../src/collection/pod/context.ts';
import { createEvent } from '../../src/events/envelope.ts';
import { timeOf } from '../../src/events/instant.ts';
import { append } from '../../src/log/write/append.ts';
import type { Connection } from '../../src/log/connection.ts';
import { brokenPromises } from '../support/audit.ts';
import { alertRef, pod, plan, story } from '../support/events.ts';
import { eventsOf, whenHandled, whenThere } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

const withCollector = (name: string) =>
  quickRules(`collections:
  - { match: ['alertname=~".+"'], collector: ${name}, durationSeconds: 0.05, cooldownSeconds: 0 }
collectors: { ${name}: { driver: simulated } }
`);

describe('a collector that this process does not know', () => {
  it('is left to the process that does, while a configuration is changed step by step', async () => {
    const url = nats.freshUrl();
    const older = await start(url, { rules: withCollector('older') });
    const newer = await start(url, { rules: withCollector('newer') });
    const pods = Array.from({ length: 20 }, (_, index) => `crate-${String(index)}`);
    await Promise.all(pods.map((each) => older.post(alertBody({ pod: each }))));
    const ended = await until('all to end', async () => {
      const items = await newer.collections();
      const over = items.filter(({ state }) => state === 'uploaded' || state === 'failed');
      return over.length === pods.length && over;
    });
    expect(ended.map(({ state }) => state)).toEqual(pods.map(() => 'uploaded'));
    const { connection } = newer.app.log;
    const rows = (await eventsOf(connection, 'CollectionRequested')).map(({ data }) => data.plan.collector);
    expect(new Set(rows)).toEqual(new Set(['older', 'newer']));
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('that nobody has had for five minutes ends the collection, and says what is configured', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { rules: withCollector('sim'), roles: ['api'] });
    const { connection } = service.app.log;
    await append(connection, requested(600, { collector: 'gone' }));
    await start(url, { rules: withCollector('sim'), roles: ['collect'] });
    const [failed] = await whenThere(connection, 'CollectionFailed');
    expect(failed?.data.error).toEqual({ code: 'collector-unknown', message: 'no collector gone is configured here (hemako, sim)' }); // prettier-ignore
  });
});

/** A collection that was requested so many seconds ago, for an alert that is not on the stream. */
function requested(secondsAgo: number, planOf = {}) {
  const { data, id } = story(alertRef(1)).requested({ collector: 'sim', durationSeconds: 0.05, ...planOf }) as Extract<PodEvent, { type: 'CollectionRequested' }>; // prettier-ignore
  const causeId = id.replace('/CollectionRequested', '');
  return createEvent('CollectionRequested', data, { part: 'intake', time: timeOf(Date.now() - secondsAgo * 1_000), causeId }); // prettier-ignore
}

describe('a request that waited while no process collected', () => {
  const told = async (connection: Connection, number: number, status: 'firing' | 'resolved') => {
    const { alertname, fingerprint, startsAt } = alertRef(number);
    const texts = { source: 'am', receiver: '', groupKey: '', generatorURL: '', externalURL: '' };
    const receivedAt = timeOf(Date.now());
    const data = {
      ...texts,
      status,
      labels: { alertname },
      annotations: {},
      startsAt,
      fingerprint,
      receivedAt,
    };
    await append(connection, createEvent('AlertReceived', data, { part: 'ingest', time: receivedAt }));
  };
  const attached = () => {
    const { data, id } = story(alertRef(1)).attached(alertRef(2)) as Extract<
      PodEvent,
      { type: 'AlertAttached' }
    >;
    return createEvent('AlertAttached', data, { part: 'intake', time: timeOf(Date.now()), causeId: id.replace('/AlertAttached', '') }); // prettier-ignore
  };

  it('is withdrawn, and says so, where its alert resolved meanwhile', async () => {
    const url = nats.freshUrl();
    const service = await start(url, { roles: ['api'] });
    const { connection } = service.app.log;
    await told(connection, 1, 'firing');
    await append(connection, requested(60));
    await told(connection, 1, 'resolved');
    await start(url, { rules: withCollector('sim'), roles: ['collect', 'upload'] });
    const [failed] = await whenThere(connection, 'CollectionFailed');
    expect(failed?.data).toMatchObject({
      attempts: 0,
      error: {
        code: 'cancelled',
        message: expect.stringContaining('resolved before the recording began') as string,
      },
      cancelled: { by: 'alert-watcher' },
    });
    await service.whenState('cancelled');
    expect(await eventsOf(connection, 'CollectionAttemptStarted')).toEqual([]);
  });

  it.each([
    ['its alert still fires', 60, false, false],
    ['it has waited for seconds only', 5, true, false],
    ['another alert that was attached to it still fires', 60, true, true],
  ])('is recorded where %s', async (_, secondsAgo, isResolved, isAttached) => {
    const url = nats.freshUrl();
    const service = await start(url, { roles: ['api'] });
    const { connection } = service.app.log;
    await told(connection, 1, 'firing');
    await append(connection, requested(secondsAgo));
    if (isResolved) await told(connection, 1, 'resolved');
    if (isAttached) {
      await told(connection, 2, 'firing');
      await append(connection, attached());
    }
    await start(url, { rules: withCollector('sim'), roles: ['collect', 'upload'] });
    await service.whenState('uploaded');
  });
});

describe('attempts that fail with a code of the retry table', () => {
  const failing = quickRules(`collections:
  - match: ['alertname=~".+"']
    collector: exits
    durationSeconds: 0.05
    backoff: { initialSeconds: 0.05 }
    retry: { collector-exited: { maxAttempts: 2, initialSeconds: 0.1 } }
collectors: { exits: { command: ['false'] } }
`);

  it('are counted from the log by whoever takes over, and end the run though the plan has more attempts', async () => {
    const url = nats.freshUrl();
    const looking = await start(url, { roles: ['api'] });
    const { connection } = looking.app.log;
    const retry = [{ code: 'collector-exited', maxAttempts: 2 }];
    const request = requested(0, { collector: 'exits', maxAttempts: 5, retry });
    const of = { ...pod, collectionId: request.data.collectionId, run: 1 };
    const error = { code: 'collector-exited', message: 'false ended with exit code 1' };
    const about = { part: 'collect', time: timeOf(Date.now()) };
    await append(connection, request);
    await append(connection, createEvent('CollectionAttemptStarted', { ...of, attempt: 1, by: { host: 'h', process: 'dead' } }, about)); // prettier-ignore
    await append(connection, createEvent('CollectionAttemptFailed', { ...of, attempt: 1, error, retryAt: about.time }, about)); // prettier-ignore
    // Its own file has no table: the plan counts.
    await start(url, { rules: quickRules(`collectors: { exits: { command: ['false'] } }`), roles: ['collect'] }); // prettier-ignore
    const [failed] = await whenThere(connection, 'CollectionFailed');
    expect(failed?.data).toMatchObject({ attempts: 2, error: { code: 'collector-exited' } });
    expect(await brokenPromises(connection)).toEqual([]);
  });

  it('are planned by the row, and explained', async () => {
    const service = await start(nats.freshUrl(), { rules: failing });
    await service.post(alertBody({}));
    const [item] = await service.whenState('failed');
    const { attempts, plan: planned } = await service.get(`/api/v1/collections/${item?.id ?? ''}`);
    expect(attempts).toHaveLength(2);
    expect(planned).toMatchObject({ maxAttempts: 5, retry: [{ code: 'collector-exited', maxAttempts: 2, backoff: { initialSeconds: 0.1, factor: 2, maxSeconds: 60 } }] }); // prettier-ignore
    const explained = JSON.stringify(await service.get(`/api/v1/explain/${item?.id ?? ''}`));
    expect(explained).toContain('there is no other (its row allows 2 failures of collector-exited)');
  });
});

describe('attempts that end with their process', () => {
  const { requested: begin, started, attemptFailed } = story(alertRef(1));
  const fold = (...events: PodEvent[]) =>
    events.reduce((snapshot, event) => evolve(snapshot, event).state, initialSnapshot).context.current;
  const handedBack = (attempt: number) => {
    const event = attemptFailed(attempt, timeOf(0)) as Extract<PodEvent, { type: 'CollectionAttemptFailed' }>;
    return { ...event, data: { ...event.data, error: { code: 'handed-back', message: 'stopped' } } };
  };

  it('are counted as cut short, whether they were handed back or just ended, and others are not', () => {
    expect(fold(begin(), started(1), started(2))).toMatchObject({ attempts: 2, cutShort: 1 });
    expect(fold(begin(), started(1), handedBack(1), started(2))).toMatchObject({ attempts: 2, cutShort: 1 });
    expect(fold(begin(), started(1), attemptFailed(1, timeOf(0)), started(2))).toMatchObject({ cutShort: 0 });
  });

  it('do not use up the attempts of the plan, but have a bound of their own', async () => {
    const url = nats.freshUrl();
    const looking = await start(url, { roles: ['api'] });
    const { connection } = looking.app.log;
    const request = requested(0, { maxAttempts: 1 });
    const of = { ...pod, collectionId: request.data.collectionId, run: 1 };
    const begun = (attempt: number) =>
      createEvent('CollectionAttemptStarted', { ...of, attempt, by: { host: 'h', process: 'dead' } }, { part: 'collect', time: timeOf(Date.now()) }); // prettier-ignore
    await append(connection, request);
    for (let attempt = 1; attempt <= 3; attempt += 1) await append(connection, begun(attempt));
    const service = await start(url, { rules: withCollector('sim') });
    await service.whenState('uploaded');
    expect((await eventsOf(connection, 'JfrCollected')).map(({ data }) => data.attempt)).toEqual([4]);
    expect(plan.maxAttempts).toBeGreaterThan(1);
  });

  it('beyond that bound end the collection', async () => {
    const url = nats.freshUrl();
    const looking = await start(url, { roles: ['api'] });
    const { connection } = looking.app.log;
    const request = requested(0, { maxAttempts: 1 });
    const of = { ...pod, collectionId: request.data.collectionId, run: 1 };
    await append(connection, request);
    for (let attempt = 1; attempt <= maxCutShort + 1; attempt += 1)
      await append(connection, createEvent('CollectionAttemptStarted', { ...of, attempt, by: { host: 'h', process: 'dead' } }, { part: 'collect', time: timeOf(Date.now()) })); // prettier-ignore
    await start(url, { rules: withCollector('sim'), roles: ['collect'] });
    const [failed] = await whenThere(connection, 'CollectionFailed');
    expect(failed?.data).toMatchObject({ attempts: maxCutShort + 1, error: { code: 'interrupted' } });
    await whenHandled(connection, 'collect');
  });
});
