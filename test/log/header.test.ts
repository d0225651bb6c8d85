import fc from 'fast-check';
import { headers as natsHeaders, type JsMsg, type MsgHdrs } from 'nats';
import { describe, expect, it } from 'vitest';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import type { StoredMessage } from '../../src/events/envelope.ts';
import { podSubject } from '../../src/events/subjects.ts';
import { append } from '../../src/log/write/append.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { follow } from '../../src/log/consume/follow.ts';
import {
  deliveredHeaders,
  headerBytes,
  outgoingHeaders,
  parsedHeaders,
  plainHeaders,
} from '../../src/log/write/header.ts';
import { lastMessage, readRange } from '../../src/log/read.ts';
import { story } from '../support/events.ts';
import { useNats } from '../support/nats.ts';

const nats = useNats();
/** As the client parses what the server sent; it throws at some of it. */
const { decode } = natsHeaders().constructor as unknown as { decode: (bytes: Uint8Array) => MsgHdrs };

const names = [
  'ce-id',
  'CE-ID',
  'Ce-Id',
  'ce-type',
  'ce-time',
  'ce',
  'ce-id2',
  'x-ce-id',
  'constructor',
  '',
  ':',
  'ce-id:',
  '\r\n',
];
const piece = fc.constantFrom(' ', '\t', '\r', '\n', ':', 'ce-id', 'ce-id:', '\r\nce-id: 1', '\u00e9', '\ufeff', '\u00a0', '€', '\0', '\x7f', 'NATS/1.0', '~', '!'); // prettier-ignore
const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 4 }).map((pieces) => pieces.join(''));
const plainText = fc.string().map((value) => value.replace(/[^ -~]/g, ''));
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, text);
const line = fc.tuple(key, fc.constantFrom(':', ': ', ':  ', ' : ', '', ':\t'), fc.oneof(text, plainText));
const plainLine = fc.tuple(
  fc.constantFrom(...names.slice(0, 9)),
  fc.constantFrom(':', ': ', ':   '),
  plainText,
);
const first = fc.oneof(
  { weight: 5, arbitrary: fc.constant('NATS/1.0') },
  fc.constantFrom('NATS/1.0 503', 'NATS/1.0 404 No Messages', 'NATS/1.0 ', 'HTTP/1.1 200', '', 'ce-id: 0'),
);
const end = fc.oneof({ weight: 5, arbitrary: fc.constant('\r\n\r\n') }, fc.constantFrom('\r\n', '', '\n\n'));
const headerText = fc
  .tuple(
    first,
    fc.oneof(fc.array(line, { maxLength: 5 }), fc.array(plainLine, { minLength: 1, maxLength: 6 })),
    end,
  )
  .map(([status, lines, last]) => [status, ...lines.map((parts) => parts.join(''))].join('\r\n') + last);

describe('headers that are published', () => {
  const values = fc.dictionary(fc.constantFrom('ce-id', 'Nats-Msg-Id', 'x'), fc.string({ unit: 'grapheme' }));

  it('arrive as they are, but for space around them, and none becomes two', () => {
    fc.assert(
      fc.property(values, (wanted) => {
        if (Object.values(wanted).some((value) => /[\r\n]/.test(value))) {
          expect(() => outgoingHeaders(wanted)).toThrow('holds a line break');
          return;
        }
        const bytes = (outgoingHeaders(wanted) as MsgHdrs & { encode: () => Buffer }).encode();
        const trimmed = Object.entries(wanted).map(([name, value]) => [name, value.trim()]);
        expect(bytes.toString()).toBe(
          `NATS/1.0\r\n${trimmed.map(([n = '', v = '']) => `${n}: ${v}\r\n`).join('')}\r\n`,
        );
        const decoded = decode(bytes);
        expect([...decoded].map(([name, [value]]) => [name, value])).toEqual(trimmed);
      }),
    );
  });
});

describe('headers read from their bytes', () => {
  it('are what the client makes of them, whatever somebody publishes', () => {
    const taken = { fast: 0, all: 0 };
    fc.assert(
      fc.property(headerText, (sent) => {
        // In the midst of others, as in what the socket gave.
        const bytes = Buffer.from(`ce-id: before\r\n${sent}{"ce-id: after":1}`).subarray(15, 15 + Buffer.byteLength(sent)); // prettier-ignore
        const fast = plainHeaders(bytes);
        const slow = parsedHeaders(() => decode(bytes));
        taken.all += 1;
        if (!fast) return;
        taken.fast += 1;
        for (const name of names) expect([name, fast(name)]).toEqual([name, slow(name)]);
      }),
      { numRuns: 3_000 },
    );
    expect(taken.fast).toBeGreaterThan(taken.all / 5);
    expect(taken.fast).toBeLessThan(taken.all);
  });

  it('are those of every event that the service appends', async () => {
    const connection = await nats.connectWithStreams();
    await append(connection, story().requested());
    const consumer = await connection.js.consumers.get(streamName);
    const message = await consumer.next();
    if (!message) throw new Error('no message was delivered');
    // With another client this is undefined, and a start on a long log takes longer.
    const fast = plainHeaders(headerBytes(message));
    const slow = parsedHeaders(() => message.headers);
    const all = ['Nats-Msg-Id', 'ce-id', 'ce-type', 'ce-source', 'ce-time', 'traceparent', 'absent'];
    expect(all.map((name) => fast?.(name))).toEqual(all.map(slow));
    expect(fast?.('ce-type')).toBe('CollectionRequested');
  });

  it('are left to a client that keeps its bytes elsewhere', () => {
    const headers = natsHeaders();
    headers.set('ce-id', ' a ');
    const insides = [undefined, {}, { _rdata: 'text', _msg: { hdr: 4 } }, { _rdata: Buffer.from('ab'), _msg: { hdr: 3 } }, { _rdata: Buffer.from('ab'), _msg: {} }]; // prettier-ignore
    for (const msg of insides) {
      expect(deliveredHeaders({ headers, msg } as unknown as JsMsg)('ce-id')).toBe('a');
    }
  });
});

it('headers that the client takes for none stop nobody: the message counts, and is no event', async () => {
  const connection = await nats.connectWithStreams();
  const event = story().requested();
  await append(connection, event);
  const subject = `${podSubject(event.data)}.What`;
  const head = 'NATS/1.0\r\nce-type: What\r\nwith space: 1\r\n\r\n';
  publishRaw(connection.nc, subject, head);
  await connection.nc.flush();
  const bad = await lastMessage(connection, streamName, 'aw.collection.>');
  expect([bad?.sequence, bad?.header('ce-type')]).toEqual([2, undefined]);

  const unreadable: number[] = [];
  const board = createPodBoard({ onUnreadable: ({ sequence }) => unreadable.push(sequence) });
  const onInterrupted = (error: unknown) => {
    throw error;
  };
  const follower = await follow(connection, streamName, { filter: 'aw.collection.>', apply: board.apply, onInterrupted }); // prettier-ignore
  await follower.caughtUp;
  await follower.stop();
  expect(board.entry(podSubject(event.data))).toMatchObject({
    lastSequence: 2,
    state: { value: 'collecting' },
  });
  expect(unreadable).toEqual([2]);

  const read: StoredMessage[] = [];
  for await (const message of readRange(connection, streamName, { filter: 'aw.>' })) read.push(message);
  expect(read.map(({ header }) => header('ce-type'))).toEqual(['CollectionRequested', undefined]);
});

/** What the client would refuse to publish. */
function publishRaw(nc: unknown, subject: string, head: string): void {
  const { protocol } = nc as { protocol: { sendCommand: (command: string) => void } };
  const bytes = String(Buffer.byteLength(head));
  protocol.sendCommand(`HPUB ${subject} ${bytes} ${bytes}\r\n${head}\r\n`);
}
