import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { DestinationPort } from '../../src/collection/destinations/destination.ts';
import { objectStoreDestination } from '../../src/collection/destinations/object-store.ts';
import { s3Destination } from '../../src/collection/destinations/s3.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import { ObjectMissing } from '../../src/log/errors.ts';
import { getInfo, listObjects, readObject } from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { bytesOf, deliveryOf, failureOf, placeOf, useS3 } from '../support/s3-fixture.ts';

/** A destination, and how its users see what lies there. */
interface Place {
  deliver: DestinationPort;
  url: (key: string) => string;
  read: (key: string) => Promise<{ bytes: Buffer; metadata: Record<string, string> } | undefined>;
  /** How many objects there are. */
  count: () => Promise<number>;
}

const s3 = useS3();
const nats = useNats();
const bucket = 'ALERT_WATCHER_RECORDINGS';

function onS3(): Promise<Place> {
  const server = s3();
  const { type: _, ...config } = placeOf(server);
  return Promise.resolve({
    deliver: s3Destination(placeOf(server)),
    url: (key) => `s3://${server.bucket}/${key}`,
    read: async (key) => {
      const client = new S3Client(config);
      try {
        const command = new GetObjectCommand({ Bucket: server.bucket, Key: key, ChecksumMode: 'ENABLED' });
        const { Body, Metadata } = await client.send(command);
        return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), metadata: Metadata ?? {} };
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      } finally {
        client.destroy();
      }
    },
    count: () => Promise.resolve(server.objects.size),
  });
}

async function onObjectStore(): Promise<Place> {
  const connection = await nats.connectWithStreams();
  return {
    deliver: objectStoreDestination(connection, bucket),
    url: (key) => `object-store://${bucket}/${key}`,
    read: async (key) => {
      try {
        const bytes = await buffer(readObject(connection, bucket, key));
        return { bytes, metadata: (await getInfo(connection, bucket, key))?.metadata ?? {} };
      } catch (error) {
        if (error instanceof ObjectMissing) return undefined;
        throw error;
      }
    },
    count: async () => (await listObjects(connection, bucket)).length,
  };
}

describe.each([
  ['S3', onS3],
  ['the object store', onObjectStore],
])('a destination in %s', (_, start) => {
  it('keeps a recording whole, with its metadata', async () => {
    const place = await start();
    const content = bytesOf(3_000_000);
    const delivery = deliveryOf(content);

    expect(await place.deliver(delivery)).toBe(place.url(delivery.key));

    const stored = await place.read(delivery.key);
    expect(stored?.bytes.equals(content)).toBe(true);
    expect(stored?.metadata).toEqual(delivery.metadata);
  });

  it('takes the same recording again and keeps one', async () => {
    const place = await start();
    const delivery = deliveryOf('the same');
    const first = await place.deliver(delivery);

    expect(await place.deliver(delivery)).toBe(first);
    expect(await place.count()).toBe(1);
  });

  it('keeps one when two deliver the same recording at once', async () => {
    const place = await start();
    const delivery = deliveryOf(bytesOf(300_000));

    const urls = await Promise.all([place.deliver(delivery), place.deliver(delivery)]);

    expect(urls).toEqual([place.url(delivery.key), place.url(delivery.key)]);
    expect(await place.count()).toBe(1);
  });

  it.each([
    ['small', 100],
    ['large', 3_000_000],
  ])('refuses for good to overwrite something else with a %s recording', async (_size, size) => {
    const place = await start();
    await place.deliver(deliveryOf('the first'));
    const second = deliveryOf(bytesOf(size));

    const failure = await failureOf(place.deliver(second));

    expect(failure).toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('destination-conflict');
    expect((await place.read(second.key))?.bytes.toString()).toBe('the first');
  });

  it.each([
    ['before the first byte', 0],
    ['midway', 2_000_000],
  ])('leaves nothing behind when the reader fails %s', async (_when, afterBytes) => {
    const place = await start();
    const content = bytesOf(4_000_000);
    const open = async function* () {
      if (afterBytes > 0) yield content.subarray(0, afterBytes);
      await Promise.reject(new Error('the disk is gone'));
    };
    const delivery = deliveryOf(content, { open });

    const failure = await failureOf(place.deliver(delivery));

    expect(failure).not.toBeInstanceOf(PermanentlyFailed);
    expect(failure.message).toContain('the disk is gone');
    expect(await place.read(delivery.key)).toBeUndefined();
    expect(await place.deliver(deliveryOf(content))).toBe(place.url(delivery.key));
  });

  it.each([
    ['of the same length', 'something elsf'],
    ['shorter', 'something'],
    ['longer', 'something else and more'],
    ['empty', ''],
  ])('refuses a body that is not what was recorded: %s', async (_how, actual) => {
    const place = await start();
    const { open } = deliveryOf(actual);
    const delivery = deliveryOf('something else', { open });

    const failure = await failureOf(place.deliver(delivery));

    expect(failure.code).toBe('staged-corrupt');
    expect(await place.read(delivery.key)).toBeUndefined();
    expect(await place.count()).toBe(0);
  });

  it('passes on what the reader itself says of its failure', async () => {
    const place = await start();
    const gone = new PermanentlyFailed('staged-missing', 'a chunk is gone');
    const open = async function* () {
      yield Buffer.from('x');
      await Promise.reject(gone);
    };

    expect(await failureOf(place.deliver(deliveryOf('xyz', { open })))).toBe(gone);
  });

  it.each([
    'with space/and+plus',
    'percent%20/100%/%2F',
    'snowman-☃/größe/日本語.jfr',
    "a!b'c(d)e*f/~g,h;i=j&k?l#m@n$o:p",
    'double//slash/./dot',
  ])('keeps a recording under the key %s', async (key) => {
    const place = await start();
    const delivery = deliveryOf('odd', { key });

    expect(await place.deliver(delivery)).toBe(place.url(key));
    expect((await place.read(key))?.bytes.toString()).toBe('odd');
    expect(await place.deliver(delivery)).toBe(place.url(key));
    expect(await place.count()).toBe(1);
  });

  it('stops when it is told to, and leaves nothing behind', async () => {
    const place = await start();
    const stop = new AbortController();
    const content = bytesOf(4_000_000);
    const open = async function* () {
      yield content.subarray(0, 1_000_000);
      stop.abort();
      await Promise.resolve();
      yield content.subarray(1_000_000);
    };
    const delivery = deliveryOf(content, { open, signal: stop.signal });

    const failure = await failureOf(place.deliver(delivery));

    expect(failure).not.toBeInstanceOf(PermanentlyFailed);
    expect(failure.code).toBe('interrupted');
    expect(await place.read(delivery.key)).toBeUndefined();
  });
});
