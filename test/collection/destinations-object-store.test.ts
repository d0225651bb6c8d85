import { expect, it } from 'vitest';
import { objectStoreDestination } from '../../src/collection/destinations/object-store.ts';
import { PermanentlyFailed } from '../../src/collection/failures.ts';
import { deleteObject } from '../../src/log/object-store.ts';
import { useNats } from '../support/nats.ts';
import { bytesOf, deliveryOf, failureOf } from '../support/s3-fixture.ts';

const nats = useNats();
const bucket = 'ALERT_WATCHER_RECORDINGS';

it('a bucket that does not exist fails for now', async () => {
  const connection = await nats.connect();

  const failure = await failureOf(objectStoreDestination(connection, bucket)(deliveryOf('x')));

  expect(failure).not.toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-unavailable');
});

it('a bucket that is full fails for now, and leaves room as it was', async () => {
  const connection = await nats.connectWithStreams();
  const { streams } = connection.jsm;
  const { config } = await streams.info(`OBJ_${bucket}`);
  await streams.update(config.name, { ...config, max_bytes: 2_000_000 });
  const deliver = objectStoreDestination(connection, bucket);

  const failure = await failureOf(deliver(deliveryOf(bytesOf(4_000_000))));

  expect(failure).not.toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-unavailable');
  expect((await streams.info(config.name)).state.messages).toBe(0);
  await deliver(deliveryOf(bytesOf(1_000_000)));
});

it('a NATS that is gone fails for now', async () => {
  const connection = await nats.connectWithStreams();
  await connection.close();

  const failure = await failureOf(objectStoreDestination(connection, bucket)(deliveryOf('x')));

  expect(failure).not.toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-unavailable');
});

it('a recording that somebody deleted does not come back', async () => {
  const connection = await nats.connectWithStreams();
  const deliver = objectStoreDestination(connection, bucket);
  const delivery = deliveryOf('x');
  await deliver(delivery);
  await deleteObject(connection, bucket, delivery.key);

  const failure = await failureOf(deliver(delivery));

  expect(failure).toBeInstanceOf(PermanentlyFailed);
  expect(failure.code).toBe('destination-conflict');
});
