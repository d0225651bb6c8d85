import { expect, it } from 'vitest';
import { stagingBucket } from '../../src/log/definitions.ts';
import { listObjects, putObject, readObject } from '../../src/log/object-store.ts';
import { sweepBucket } from '../../src/log/sweep.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();

it('removes what nobody wants and chunks that nobody names, and leaves the rest and all that is young', async () => {
  const connection = await nats.connectWithStreams();
  const body = async function* () {
    yield Promise.resolve(Buffer.alloc(300_000, 7));
  };
  await putObject(connection, stagingBucket, { name: 'wanted/1-1/a' }, body());
  await putObject(connection, stagingBucket, { name: 'over/1-1/b' }, body());
  await connection.js.publish(`$O.${stagingBucket}.C.abandoned`, 'half of it');
  const isWanted = (name: string) => name.startsWith('wanted/');

  expect(await sweepBucket(connection, stagingBucket, { olderThanMs: 60_000, isWanted })).toEqual({
    objects: 0,
    abandoned: 0,
  });
  expect(await sweepBucket(connection, stagingBucket, { olderThanMs: -1_000, isWanted })).toEqual({
    objects: 1,
    abandoned: 1,
  });
  expect((await listObjects(connection, stagingBucket)).map(({ name }) => name)).toEqual(['wanted/1-1/a']);
  let bytes = 0;
  for await (const part of readObject(connection, stagingBucket, 'wanted/1-1/a')) bytes += part.length;
  expect(bytes).toBe(300_000);
  const info = await connection.jsm.streams.info(`OBJ_${stagingBucket}`, {
    subjects_filter: `$O.${stagingBucket}.C.>`,
  });
  expect(Object.keys(info.state.subjects ?? {})).toHaveLength(1);
});
