import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { recordingsBucket, stagingBucket } from '../../src/log/streams/definitions.ts';
import {
  deleteObject,
  listObjects,
  nameObject,
  putLabelled,
  putObject,
  readObject,
} from '../../src/log/objects/store.ts';
import { sweepChunks, sweepObjects } from '../../src/log/objects/sweep.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const content = Buffer.alloc(300_000, 7);
const namedIn = [stagingBucket, recordingsBucket];
const minuteAgo = () => Date.now() - 60_000;
/** Everything that is there now is older. */
const inASecond = () => Date.now() + 1_000;

const body = async function* () {
  yield Promise.resolve(content);
};
const stageForGood = (connection: Connection, name: string) =>
  putLabelled(connection, { bucket: stagingBucket, chunksIn: recordingsBucket }, body(), () => ({ name }));
const namesIn = async (connection: Connection, bucket: string) =>
  (await listObjects(connection, bucket)).map(({ name }) => name);
const chunksIn = async (connection: Connection, bucket: string) => {
  const filter = { subjects_filter: `$O.${bucket}.C.>` };
  const { state } = await connection.jsm.streams.info(`OBJ_${bucket}`, filter);
  return Object.keys(state.subjects ?? {}).length;
};

it('removes what nobody wants and chunks that nobody names, and leaves the rest and all that is young', async () => {
  const connection = await nats.connectWithStreams();
  await putObject(connection, stagingBucket, { name: 'wanted/1-1/a' }, body());
  await putObject(connection, stagingBucket, { name: 'over/1-1/b' }, body());
  await connection.js.publish(`$O.${stagingBucket}.C.abandoned`, 'half of it');
  const isWanted = (name: string) => name.startsWith('wanted/');

  expect(await sweepObjects(connection, stagingBucket, { before: minuteAgo(), isWanted })).toBe(0);
  expect(await sweepChunks(connection, stagingBucket, { before: minuteAgo(), namedIn })).toBe(0);
  expect(await sweepObjects(connection, stagingBucket, { before: inASecond(), isWanted })).toBe(1);
  expect(await sweepChunks(connection, stagingBucket, { before: inASecond(), namedIn })).toBe(1);

  expect(await namesIn(connection, stagingBucket)).toEqual(['wanted/1-1/a']);
  expect(content.equals(await buffer(readObject(connection, stagingBucket, 'wanted/1-1/a')))).toBe(true);
  expect(await chunksIn(connection, stagingBucket)).toBe(1);
});

it('leaves chunks that an object of either bucket names, and no others', async () => {
  const connection = await nats.connectWithStreams();
  await stageForGood(connection, 'waits/1-1/a');
  await nameObject(connection, await stageForGood(connection, 'uploaded/1-1/b'), { name: 'key.jfr' });
  await deleteObject(connection, stagingBucket, 'uploaded/1-1/b');
  await stageForGood(connection, 'dropped/1-1/c');
  await deleteObject(connection, stagingBucket, 'dropped/1-1/c');
  await connection.js.publish(`$O.${recordingsBucket}.C.abandoned`, 'half of it');
  expect(await chunksIn(connection, recordingsBucket)).toBe(4);

  expect(await sweepChunks(connection, recordingsBucket, { before: inASecond(), namedIn })).toBe(2);

  expect(content.equals(await buffer(readObject(connection, stagingBucket, 'waits/1-1/a')))).toBe(true);
  expect(content.equals(await buffer(readObject(connection, recordingsBucket, 'key.jfr')))).toBe(true);
  expect(await chunksIn(connection, recordingsBucket)).toBe(2);
});

it('leaves the chunks of what was deleted a short while ago: their new name may not be shown yet', async () => {
  const connection = await nats.connectWithStreams();
  await stageForGood(connection, 'dropped/1-1/c');
  const { jsm } = connection;
  const stored = await jsm.streams.getMessage(`OBJ_${recordingsBucket}`, { seq: 1 });
  const before = stored.time.getTime() + 1;
  await deleteObject(connection, stagingBucket, 'dropped/1-1/c');

  expect(await sweepChunks(connection, recordingsBucket, { before, namedIn })).toBe(0);
  expect(await sweepChunks(connection, recordingsBucket, { before: inASecond(), namedIn })).toBe(1);
});
