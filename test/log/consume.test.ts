import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { consume, type ConsumeOptions, type Delivery } from '../../src/log/consume/consume.ts';
import { readDefinitions, streamName } from '../../src/log/streams/definitions.ts';
import { follow } from '../../src/log/consume/follow.ts';
import { ensureConsumer } from '../../src/log/streams/streams.ts';
import { useNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const definitions = readDefinitions();
const [definition] = definitions.consumers.filter(({ durable_name }) => durable_name === 'collect');
if (!definition) throw new Error('no consumer collect');

const publish = async ({ js }: Connection, count: number) => {
  for (let index = 0; index < count; index += 1) {
    await js.publish('aw.collection.a.b.c.CollectionRequested', String(index));
  }
};

const worker = (connection: Connection, options: Partial<ConsumeOptions>) =>
  consume(connection, {
    stream: streamName,
    durable: 'collect',
    places: 3,
    handle: () => Promise.resolve('done'),
    onError: () => Promise.resolve({ retryInMs: 50 }),
    ensure: () => ensureConsumer(connection, definitions, definition),
    ...options,
  });

describe('a durable consumer', () => {
  it('has no more messages handled at once than there are places, and all in the end', async () => {
    const connection = await nats.connectWithStreams();
    await publish(connection, 20);
    let running = 0;
    let most = 0;
    const handled = new Set<number>();
    const consumer = worker(connection, {
      handle: async ({ sequence }) => {
        running += 1;
        most = Math.max(most, running);
        await delay(5);
        running -= 1;
        handled.add(sequence);
        return 'done';
      },
    });
    await until('all', () => handled.size === 20);
    expect(most).toBe(3);
    await consumer.stop();
  });

  it('delivers again after the delay that the handler asked for, or when it threw, counting deliveries', async () => {
    const connection = await nats.connectWithStreams();
    await publish(connection, 1);
    const seen: number[] = [];
    const consumer = worker(connection, {
      handle: ({ deliveries }) => {
        seen.push(deliveries);
        if (deliveries === 1) return Promise.resolve({ retryInMs: 30 });
        return deliveries === 2 ? Promise.reject(new Error('passing')) : Promise.resolve('done');
      },
    });
    await until('the third', () => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
    await consumer.stop();
  });

  it('keeps a message that is worked on for longer than ack_wait, and gives it to nobody else', async () => {
    const connection = await nats.connectWithStreams();
    await connection.jsm.consumers.update(streamName, 'collect', { ack_wait: 600e6 });
    await publish(connection, 1);
    const release = Promise.withResolvers<undefined>();
    const seen: Delivery[] = [];
    const options: Partial<ConsumeOptions> = {
      // More than the server's ack_wait, which an operator lowered: it counts.
      heartbeatMs: 5_000,
      handle: async (delivery) => {
        seen.push(delivery);
        await release.promise;
        return 'done';
      },
    };
    const workers = [worker(connection, options), worker(connection, options)];
    await until('three times ack_wait to pass', () => delay(1_800, true));
    expect(seen).toHaveLength(1);
    expect(seen[0]?.claim.holds()).toBe(true);
    release.resolve(undefined);
    await Promise.all(workers.map((each) => each.stop()));
  });

  it('that an operator deleted is made again, and begins at the first message', async () => {
    const connection = await nats.connectWithStreams();
    await publish(connection, 2);
    const seen: number[] = [];
    const consumer = worker(connection, {
      handle: ({ sequence }) => {
        seen.push(sequence);
        return Promise.resolve('done');
      },
    });
    await until('both', () => seen.length === 2);
    await connection.jsm.consumers.delete(streamName, 'collect');
    await until('both again', () => seen.length === 4, 25_000);
    await consumer.stop();
  });
});

it('what reads the stream can be stopped at any moment after its start', async () => {
  const connection = await nats.connectWithStreams();
  await publish(connection, 5);
  for (let millis = 0; millis < 12; millis += 1) {
    const consumer = worker(connection, {});
    const follower = await follow(connection, streamName, {
      filter: 'aw.>',
      apply: () => undefined,
      onInterrupted: () => undefined,
    });
    if (millis > 0) await delay(millis / 4);
    await Promise.all([consumer.stop(), follower.stop()]);
  }
});

it('what follows the stream is caught up once what it knew already is loaded, and applies what is behind that', async () => {
  const connection = await nats.connectWithStreams();
  await publish(connection, 3);
  const known = Promise.withResolvers<number>();
  const applied: number[] = [];
  const follower = await follow(connection, streamName, {
    filter: 'aw.>',
    after: known.promise,
    apply: ({ sequence }) => applied.push(sequence),
    onInterrupted: () => undefined,
  });
  await publish(connection, 1);
  expect([follower.isCaughtUp(), applied]).toEqual([false, []]);
  known.resolve(2);
  await follower.caughtUp;
  await until('the rest', () => applied.length === 2);
  expect(applied).toEqual([3, 4]);
  await follower.stop();
});
