import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createInflight } from '../../src/ingest/bodies/inflight.ts';
import { createBodyReader } from '../../src/ingest/bodies/read-body.ts';
import { useSockets } from '../faults/input/sockets.ts';
import { until } from '../support/until.ts';

const open = useSockets();
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that reads bodies, with a short period; what became of each, in the order of their ends. */
async function start({ limit = 1_000_000, maxBodyBytes = 500_000, periodMs = 10_000 } = {}) {
  let bytes = 0;
  let begun = 0;
  const inflight = createInflight({ limit, sources: 1, onChange: (sum) => (bytes = sum) });
  const reader = createBodyReader({ inflight, maxBodyBytes, periodMs });
  const ends: string[] = [];
  const read = async (request: IncomingMessage) => {
    begun += 1;
    const result = await reader.read(request, 'a');
    ends.push('bytes' in result ? String(result.bytes.length) : result.code);
    if ('bytes' in result) result.held.release();
  };
  const server = createServer((request) => void read(request)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  stops.push(reader.stop, () => server.close().closeAllConnections());
  const address = server.address();
  const url = `http://127.0.0.1:${String(typeof address === 'object' && address ? address.port : 0)}`;
  const begin = async (length?: number) => {
    const { socket } = await open(url);
    const how = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${String(length)}`;
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\n${how}\r\n\r\n`);
    return socket;
  };
  return { begin, bodies: () => bytes, begun: () => begun, ended: (count: number) => until(`${String(count)} ends`, () => ends.length >= count && ends) }; // prettier-ignore
}

describe('a body', () => {
  it('that declares a length which it never sends takes up nothing', async () => {
    const { begin, bodies, begun } = await start();
    await begin(400_000);
    await until('the request', () => begun() === 1);
    expect(bodies()).toBe(0);
  });

  it.each([10, undefined])('is read whole where its length is %j', async (length) => {
    const { begin, ended } = await start();
    const socket = await begin(length);
    socket.write(length === undefined ? 'a\r\n0123456789\r\n0\r\n\r\n' : '0123456789');
    expect(await ended(1)).toEqual(['10']);
  });

  it('that stalls is ended, and one that goes on is not', async () => {
    const { begin, ended } = await start({ periodMs: 500 });
    const [stalls, goesOn] = [await begin(100_000), await begin(100_000)];
    stalls.write('x');
    let sent = 0;
    const timer = setInterval(() => {
      goesOn.write('x'.repeat(500));
      sent += 500;
      if (sent === 100_000) clearInterval(timer);
    }, 10);
    stops.push(() => clearInterval(timer));
    expect(await ended(2)).toEqual(['body-too-slow', '100000']);
  });

  it('makes room for a smaller one, and is told to come again', async () => {
    const { begin, bodies, ended } = await start({ limit: 100_000 });
    const large = await begin(90_001);
    large.write('x'.repeat(90_000));
    await until('it', () => bodies() === 90_000);
    (await begin(60_000)).write('x'.repeat(60_000));
    expect(await ended(2)).toEqual(['overloaded', '60000']);
  });

  it('is ended where there is no room, where it is too long and where its sender leaves', async () => {
    const { begin, bodies, ended } = await start({ limit: 100_000, maxBodyBytes: 60_000 });
    (await begin(60_001)).write('x');
    expect(await ended(1)).toEqual(['body-too-large']);
    const chunked = await begin();
    for (let part = 0; part < 7; part += 1) chunked.write(`2328\r\n${'x'.repeat(9_000)}\r\n`);
    expect((await ended(2)).at(-1)).toBe('body-too-large');
    (await begin(60_000)).write('x'.repeat(50_000));
    await until('it', () => bodies() === 50_000);
    (await begin(60_000)).write('x'.repeat(51_000));
    expect((await ended(3)).at(-1)).toBe('overloaded');
    (await begin(60_000)).destroy();
    expect((await ended(4)).at(-1)).toBe('bad-request');
  });
});
