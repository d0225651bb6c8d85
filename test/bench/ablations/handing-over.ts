import { randomBytes } from 'node:crypto';
import { checkedBytes } from '../../../src/collection/destinations/checked.ts';
import type { Connection } from '../../../src/log/connection.ts';
import {
  deleteObject,
  getInfo,
  nameObject,
  putLabelled,
  putObject,
  readObject,
} from '../../../src/log/objects/store.ts';
import { recordingsBucket, stagingBucket } from '../../../src/log/streams/definitions.ts';
import type { Ablation } from '../ablations.ts';

const recordings = 50;
let made = 0;

/** Milliseconds for a staged recording of that size to lie at its destination. */
async function handOver(
  connection: Connection,
  bytes: number,
  chunksIn: string,
  bring: (stagedName: string, name: string) => Promise<unknown>,
): Promise<number> {
  const content = randomBytes(bytes);
  let milliseconds = 0;
  for (let index = 0; index < Math.max(1, Math.round((recordings * 200_000) / bytes)); index += 1) {
    const name = `bench-${String((made += 1))}`;
    await putLabelled(connection, { bucket: stagingBucket, chunksIn }, parts(content), () => ({ name }));
    const begin = performance.now();
    await bring(name, `${name}.jfr`);
    milliseconds += performance.now() - begin;
    await deleteObject(connection, stagingBucket, name);
    await deleteObject(connection, recordingsBucket, `${name}.jfr`);
  }
  return milliseconds / Math.max(1, Math.round((recordings * 200_000) / bytes));
}

async function* parts(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < content.length; from += 131_072) yield content.subarray(from, from + 131_072);
  await Promise.resolve();
}

/** A staged recording gets its name where its chunks lie, against a copy from one bucket to the other. */
export function handingOver(connection: Connection): Ablation[] {
  const named = async (staged: string, name: string) => {
    const info = await getInfo(connection, stagingBucket, staged);
    if (info) await nameObject(connection, info, { name });
  };
  const { signal } = new AbortController();
  const copied = async (staged: string, name: string) => {
    const info = await getInfo(connection, stagingBucket, staged);
    if (!info) return;
    const { sha256, bytes } = info;
    const open = () => readObject(connection, stagingBucket, staged);
    const file = {
      key: name,
      bytes,
      sha256,
      metadata: {},
      open,
      staged: () => Promise.resolve(info),
      signal,
    };
    await putObject(connection, recordingsBucket, { name, sha256 }, checkedBytes(file));
  };
  return ([['207 kB', 207_000], ['24 MB', 24_000_000]] as const).map(([size, bytes]) => ({
    what: `chunks named across buckets: a recording of ${size} to the object store`,
    show: (value: number) => `${value.toFixed(1)} ms`,
    measure: async () => ({
      own: await handOver(connection, bytes, recordingsBucket, named),
      without: await handOver(connection, bytes, stagingBucket, copied),
    }),
  })); // prettier-ignore
}
