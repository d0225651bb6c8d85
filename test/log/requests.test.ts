import { expect, it } from 'vitest';
import { answerRequests, ask, requestSubject } from '../../src/log/edge/requests.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
const neverExpected = (error: unknown) => {
  throw error;
};

it.each([
  ['64 MiB', 1_000, 7 * 1024 * 1024, 9],
  ['its places', 3, 10, 3],
])(
  'more than %s at once is refused, and what is answered makes room again',
  async (_, places, bytes, fit) => {
    const connection = await nats.connect();
    const released = Promise.withResolvers<undefined>();
    const close = answerRequests(connection, {
      ...{ name: 'hold.>', places, refusal: 'full', onError: neverExpected },
      handle: async ({ rest }) => {
        await released.promise;
        return rest;
      },
    });
    const body = new Uint8Array(bytes);
    const send = async (rest: string) => (await connection.nc.request(requestSubject(`hold.${rest}`), body, { timeout: 20_000 })).string(); // prettier-ignore
    const held = Array.from({ length: fit }, (__, index) => send(String(index)));
    expect(await send('beyond')).toBe('full');
    released.resolve(undefined);
    expect(await Promise.all(held)).toEqual(held.map((__, index) => String(index)));
    expect(await send('after')).toBe('after');
    await close();
  },
  60_000,
);

it('who asks is told which process is missing where nobody answers', async () => {
  await expect(ask(await nats.connect(), 'ready', {})).rejects.toThrow(
    /no process with the role intake answers/,
  );
});
