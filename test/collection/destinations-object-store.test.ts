import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { objectStoreDestination } from '../../src/collection/destinations/object-store.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import type { OutgoingFile } from '../../src/collection/destinations/destination.ts';
import type { Connection } from '../../src/log/connection.ts';
import { stagingBucket } from '../../src/log/streams/definitions.ts';
import {
  deleteObject,
  getInfo,
  listObjects,
  putLabelled,
  putObject,
  readObject,
} from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { bytesOf, deliveryOf, failureOf } from '../support/s3-fixture.ts';

const nats = useNats();
const bucket = 'ALERT_WATCHER_RECORDINGS';
const content = bytesOf(300_000);
const stagedName = 'c1/1-1/abc';
const messages = async ({ jsm }: Connection) => (await jsm.streams.info(`OBJ_${bucket}`)).state.messages;

/** Staged as it is for this bucket, and a delivery of it that cannot read a byte. */
async function stagedDelivery(
  connection: Connection,
  changes: Partial<OutgoingFile> = {},
): Promise<OutgoingFile> {
  const place = { bucket: stagingBucket, chunksIn: bucket };
  await putLabelled(connection, place, deliveryOf(content).open(), () => ({ name: stagedName }));
  return deliveryOf(content, {
    open: () => {
      throw new Error('nothing is to be read');
    },
    staged: () => getInfo(connection, stagingBucket, stagedName),
    ...changes,
  });
}

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

describe('a recording that was staged for the bucket', () => {
  it('gets its name there, and no byte of it moves', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection);
    const before = await messages(connection);

    expect(await objectStoreDestination(connection, bucket)(delivery)).toBe(`object-store://${bucket}/${delivery.key}`); // prettier-ignore

    expect(await messages(connection)).toBe(before + 1);
    await deleteObject(connection, stagingBucket, stagedName);
    const { sha256, metadata } = delivery;
    expect(await listObjects(connection, bucket)).toMatchObject([{ name: delivery.key, bytes: content.length, sha256, metadata }]); // prettier-ignore
    expect(content.equals(await buffer(readObject(connection, bucket, delivery.key)))).toBe(true);
    // It compares length and digest with what it read, and fails where they differ.
    const store = await connection.js.views.os(bucket);
    expect(content.equals(Buffer.from((await store.getBlob(delivery.key)) ?? 'none'))).toBe(true);
  });

  it('gets one name, however often and by how many it is delivered', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection);
    const before = await messages(connection);
    const deliver = objectStoreDestination(connection, bucket);

    const first = await Promise.all([deliver(delivery), deliver(delivery)]);
    const later = await deliver(delivery);

    expect(new Set([...first, later]).size).toBe(1);
    expect(await messages(connection)).toBe(before + 1);
  });

  it('is there already where the version before copied it, with the same content', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection);
    await putObject(connection, bucket, { name: delivery.key }, deliveryOf(content).open());

    expect(await objectStoreDestination(connection, bucket)(delivery)).toContain(delivery.key);
  });

  it('does not replace something else under its key', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection);
    await putObject(connection, bucket, { name: delivery.key }, deliveryOf('the first').open());

    const failure = await failureOf(objectStoreDestination(connection, bucket)(delivery));

    expect(failure).toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('destination-conflict');
    expect((await buffer(readObject(connection, bucket, delivery.key))).toString()).toBe('the first');
  });

  it('of which a chunk is gone gets no name', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection);
    await connection.jsm.streams.deleteMessage(`OBJ_${bucket}`, 2);

    const failure = await failureOf(objectStoreDestination(connection, bucket)(delivery));

    expect(failure).toBeInstanceOf(PermanentlyFailed);
    expect(failure).toMatchObject({ code: 'staged-missing', message: '2 of 3 chunks of c1/1-1/abc are in ALERT_WATCHER_RECORDINGS' }); // prettier-ignore
    expect(await listObjects(connection, bucket)).toEqual([]);
  });

  it('that is not the one in the event gets no name', async () => {
    const connection = await nats.connectWithStreams();
    const delivery = await stagedDelivery(connection, { sha256: deliveryOf('another').sha256 });

    const failure = await failureOf(objectStoreDestination(connection, bucket)(delivery));

    expect(failure).toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('staged-corrupt');
    expect(await listObjects(connection, bucket)).toEqual([]);
  });

  it('with its bytes in the staging bucket, as the version before left them, is copied', async () => {
    const connection = await nats.connectWithStreams();
    await putObject(connection, stagingBucket, { name: stagedName }, deliveryOf(content).open());
    const delivery = deliveryOf(content, {
      open: () => readObject(connection, stagingBucket, stagedName),
      staged: () => getInfo(connection, stagingBucket, stagedName),
    });

    await objectStoreDestination(connection, bucket)(delivery);

    await deleteObject(connection, stagingBucket, stagedName);
    expect(content.equals(await buffer(readObject(connection, bucket, delivery.key)))).toBe(true);
  });
});
