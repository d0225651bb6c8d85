import { expect, it, onTestFinished } from 'vitest';
import type { Connection } from '../../src/log/connection.ts';
import { watchIdentity } from '../../src/log/streams/identity.ts';
import { useNats } from '../support/nats.ts';
import { until } from '../support/until.ts';

const nats = useNats();
const name = 'S';

/** A stream of three messages that was read to its end, and what is found out about it. */
async function watched() {
  const connection = await nats.connect();
  await make(connection, 3);
  const found: string[] = [];
  let looks = 0;
  let applied = 3;
  const lastApplied = () => {
    looks += 1;
    return applied;
  };
  onTestFinished(watchIdentity(connection, name, { lastApplied, onOther: (reason) => found.push(reason), lookEveryMs: 5 })); // prettier-ignore
  const whenLookedAgain = async () => {
    const before = looks;
    await until('three more looks', () => looks > before + 3);
  };
  await whenLookedAgain();
  return { connection, found, whenLookedAgain, apply: (sequence: number) => void (applied = sequence) };
}

async function make({ js, jsm }: Connection, messages: number): Promise<void> {
  // The files of one that was just deleted may still be on their way out: the server cannot store another one then.
  await until('the stream to be made', () =>
    jsm.streams.add({ name, subjects: ['s.>'] }).catch((error: unknown) => {
      if (error instanceof Error && error.message.startsWith('error creating store')) return undefined;
      throw error;
    }),
  );
  for (let index = 0; index < messages; index += 1) await js.publish('s.a', String(index));
}

it('a stream that grows, is purged, or is away for a while is the same one', async () => {
  const { connection, found, whenLookedAgain, apply } = await watched();
  await connection.js.publish('s.a', '3');
  await whenLookedAgain();
  apply(4);
  await whenLookedAgain();
  await connection.jsm.streams.purge(name);
  await whenLookedAgain();
  await connection.jsm.streams.delete(name);
  await whenLookedAgain();
  expect(found).toEqual([]);
});

it('a stream that ends before what was read of it is another one, told once', async () => {
  const { connection, found } = await watched();
  await connection.jsm.streams.delete(name);
  await make(connection, 2);
  await until('the reason', () => found.length > 0);
  expect(found).toEqual(['it was read up to 3 and ends at 2']);
});

it('a stream that has another message where it was read to is another one, however long', async () => {
  const { connection, found, apply } = await watched();
  // So that no look finds it too short meanwhile.
  apply(0);
  await connection.jsm.streams.delete(name);
  await make(connection, 5);
  await until('the reason', () => found.length > 0);
  expect(found[0]).toMatch(/^message 3 was stored at .*, and now at /);
});
