import fc from 'fast-check';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { LogUnavailable, ObjectExists, ObjectMissing } from '../../src/log/errors.ts';
import type { Publisher } from '../../src/log/write/publisher.ts';
import { deleteObject, getInfo, listObjects, putObject, readObject } from '../../src/log/objects/store.ts';
import { useNats } from '../support/nats.ts';
import { bytesOf, deliveryOf } from '../support/s3-fixture.ts';

const nats = useNats();
const bucket = 'ALERT_WATCHER_STAGING';
const chunkBytes = 131_072;

const put = (connection: Connection, name: string, content: string | Buffer) =>
  putObject(connection, bucket, { name }, deliveryOf(content).open());
const read = (connection: Connection, name: string) => buffer(readObject(connection, bucket, name));
/** Chunks and records of objects, all together. */
const messagesIn = async ({ jsm }: Connection) => (await jsm.streams.info(`OBJ_${bucket}`)).state.messages;

describe('an object', () => {
  it.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 10 * chunkBytes + 7])(
    'of %i bytes is read as it was written, also by the official client',
    async (size) => {
      const connection = await nats.connectWithStreams();
      const content = bytesOf(size);
      const name = 'prod/with space 100%/1-1/abc';

      const info = await putObject(connection, bucket, { name, metadata: { a: 'b' } }, streamOf([content]));

      const { sha256 } = deliveryOf(content);
      expect(info).toMatchObject({ name, bytes: size, sha256, metadata: { a: 'b' } });
      expect(await getInfo(connection, bucket, name)).toEqual(info);
      expect(await listObjects(connection, bucket)).toEqual([info]);
      expect((await read(connection, name)).equals(content)).toBe(true);
      expect(await messagesIn(connection)).toBe(Math.ceil(size / chunkBytes) + 1);
      // It compares the digest with what it read, and fails where they differ.
      const store = await connection.js.views.os(bucket);
      expect(Buffer.from((await store.getBlob(name)) ?? 'none').equals(content)).toBe(true);
    },
  );

  it('is the same however its bytes arrive', async () => {
    const connection = await nats.connectWithStreams();
    const content = bytesOf(3 * chunkBytes);
    const { sha256 } = deliveryOf(content);
    let runs = 0;
    // Cuts at the edges of chunks and anywhere; equal ones make empty parts.
    const cut = fc.oneof(
      fc.constantFrom(0, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes),
      fc.nat(3 * chunkBytes),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 12 }), async (cuts) => {
        runs += 1;
        const name = `run-${runs}`;
        const edges = [...cuts.sort((a, b) => a - b), content.length];
        const parts = edges.map((edge, index) => content.subarray(edges[index - 1] ?? 0, edge));

        expect((await putObject(connection, bucket, { name }, streamOf(parts))).sha256).toBe(sha256);
        expect((await read(connection, name)).equals(content)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('of the official client is read too', async () => {
    const connection = await nats.connectWithStreams();
    const content = bytesOf(300_000);
    const store = await connection.js.views.os(bucket);
    await store.putBlob({ name: 'theirs' }, content);

    expect((await read(connection, 'theirs')).equals(content)).toBe(true);
    expect(await getInfo(connection, bucket, 'theirs')).toMatchObject({ sha256: deliveryOf(content).sha256 });
  });

  it('may have a name outside ASCII', async () => {
    const connection = await nats.connectWithStreams();
    const name = 'größe/日本語';
    await put(connection, name, 'x');

    expect((await read(connection, name)).toString()).toBe('x');
    expect((await listObjects(connection, bucket)).map((each) => each.name)).toEqual([name]);
    await deleteObject(connection, bucket, name);
    expect(await getInfo(connection, bucket, name)).toBeUndefined();
  });

  it('is not visible before it is whole', async () => {
    const connection = await nats.connectWithStreams();
    let seen: unknown = 'not looked for';
    const body = async function* () {
      yield bytesOf(200_000);
      seen = await getInfo(connection, bucket, 'late');
    };

    await putObject(connection, bucket, { name: 'late' }, body());

    expect(seen).toBeUndefined();
    expect(await getInfo(connection, bucket, 'late')).toBeDefined();
  });
});

describe('a name', () => {
  it('that is taken is not overwritten', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', 'first');

    await expect(put(connection, 'one', 'second')).rejects.toBeInstanceOf(ObjectExists);

    expect((await read(connection, 'one')).toString()).toBe('first');
    expect(await messagesIn(connection)).toBe(2);
  });

  it('goes to one of two who want it at once; the other leaves nothing', async () => {
    const connection = await nats.connectWithStreams();

    const outcomes = await Promise.allSettled([
      put(connection, 'one', bytesOf(300_000)),
      put(connection, 'one', bytesOf(300_000)),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(lost?.reason).toBeInstanceOf(ObjectExists);
    expect((await read(connection, 'one')).equals(bytesOf(300_000))).toBe(true);
    expect(await messagesIn(connection)).toBe(4);
  });

  it('that nobody gave to an object is missing', async () => {
    const connection = await nats.connectWithStreams();

    expect(await getInfo(connection, bucket, 'none')).toBeUndefined();
    await expect(read(connection, 'none')).rejects.toBeInstanceOf(ObjectMissing);
    expect(await listObjects(connection, bucket)).toEqual([]);
  });
});

describe('a put that does not get to its end', () => {
  it.each([
    ['at once', 0],
    ['after the first bytes', 1_000],
    ['after many chunks', 20 * chunkBytes + 1],
  ])('leaves no chunks and the name free when its reader fails %s', async (_when, size) => {
    const connection = await nats.connectWithStreams();
    const broken = new Error('the disk is gone');
    const body = async function* () {
      yield bytesOf(size);
      await Promise.reject(broken);
    };

    await expect(putObject(connection, bucket, { name: 'one' }, body())).rejects.toBe(broken);

    expect(await messagesIn(connection)).toBe(0);
    await put(connection, 'one', 'whole');
  });

  it.each([
    ['the last chunks', 4],
    ['chunks in its middle', 40],
  ])('is unavailable, and leaves no chunks, when the server does not take %s', async (_which, chunks) => {
    const connection = await nats.connectWithStreams();
    const { streams } = connection.jsm;
    const { config } = await streams.info(`OBJ_${bucket}`);
    await streams.update(config.name, { ...config, max_bytes: 3 * chunkBytes });

    const outcome = put(connection, 'one', bytesOf(chunks * chunkBytes));

    await expect(outcome).rejects.toBeInstanceOf(LogUnavailable);
    expect(await messagesIn(connection)).toBe(0);
  });

  it('closes its reader when the server does not take it', async () => {
    const connection = await nats.connectWithStreams();
    const { streams } = connection.jsm;
    const { config } = await streams.info(`OBJ_${bucket}`);
    await streams.update(config.name, { ...config, max_bytes: chunkBytes });
    let isClosed = false;
    const body = async function* () {
      try {
        for (;;) yield await Promise.resolve(bytesOf(chunkBytes));
      } finally {
        isClosed = true;
      }
    };

    await expect(putObject(connection, bucket, { name: 'one' }, body())).rejects.toThrow();

    expect(isClosed).toBe(true);
  });
});

describe('a deleted object', () => {
  it('is gone with its chunks; the others stay', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', bytesOf(300_000));
    await put(connection, 'two', 'stays');

    await deleteObject(connection, bucket, 'one');

    expect(await getInfo(connection, bucket, 'one')).toBeUndefined();
    await expect(read(connection, 'one')).rejects.toBeInstanceOf(ObjectMissing);
    expect((await listObjects(connection, bucket)).map(({ name }) => name)).toEqual(['two']);
    // The record that it was deleted; the chunk and the record of the other.
    expect(await messagesIn(connection)).toBe(3);
    expect((await read(connection, 'two')).toString()).toBe('stays');
  });

  it('is deleted for the official client too', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', 'x');
    await deleteObject(connection, bucket, 'one');

    const store = await connection.js.views.os(bucket);

    expect(await store.getBlob('one')).toBeNull();
    expect(await store.info('one')).toMatchObject({ deleted: true, size: 0, chunks: 0 });
  });

  it('loses its chunks at the second try when the first ended between the two steps', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', bytesOf(300_000));
    const purge = vi.spyOn(connection.jsm.streams, 'purge').mockRejectedValueOnce(new Error('the end'));
    await expect(deleteObject(connection, bucket, 'one')).rejects.toThrow('the end');
    purge.mockRestore();
    expect(await messagesIn(connection)).toBe(4);

    await deleteObject(connection, bucket, 'one');

    expect(await messagesIn(connection)).toBe(1);
  });

  it('can be deleted again, as can one that never was', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', 'x');

    await deleteObject(connection, bucket, 'one');
    await deleteObject(connection, bucket, 'one');
    await deleteObject(connection, bucket, 'never');

    expect(await listObjects(connection, bucket)).toEqual([]);
  });

  it('keeps its name', async () => {
    const connection = await nats.connectWithStreams();
    await put(connection, 'one', 'x');
    await deleteObject(connection, bucket, 'one');

    await expect(put(connection, 'one', 'x')).rejects.toBeInstanceOf(ObjectExists);

    expect(await messagesIn(connection)).toBe(1);
  });
});

it('an object whose last answer got lost is whole all the same, and the next try finds its name taken', async () => {
  const connection = await nats.connectWithStreams();
  const lossy: Publisher = {
    ...connection.publisher,
    publish: async (message) => {
      const ack = await connection.publisher.publish(message);
      if (message.subject.includes('.M.')) throw new LogUnavailable('no answer in time');
      return ack;
    },
  };
  const content = bytesOf(3 * chunkBytes);

  await expect(put({ ...connection, publisher: lossy }, 'one', content)).rejects.toBeInstanceOf(
    LogUnavailable,
  );

  await expect(put(connection, 'one', content)).rejects.toBeInstanceOf(ObjectExists);
  expect(content.equals(await read(connection, 'one'))).toBe(true);
});

it('a reader is told when a chunk is gone, and gets what lies before it', async () => {
  const connection = await nats.connectWithStreams();
  await put(connection, 'one', bytesOf(3 * chunkBytes));
  await connection.jsm.streams.deleteMessage(`OBJ_${bucket}`, 3);
  let bytes = 0;
  const reading = async () => {
    for await (const part of readObject(connection, bucket, 'one')) bytes += part.length;
  };

  await expect(reading()).rejects.toBeInstanceOf(ObjectMissing);

  expect(bytes).toBe(2 * chunkBytes);
});

// eslint-disable-next-line @typescript-eslint/require-await -- asynchronous as readers are
async function* streamOf(parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}
