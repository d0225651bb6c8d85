import type { JsMsg, MsgHdrs } from 'nats';

/** Reads a header by its name, case counts: its first value; undefined where there is none or it is empty. */
export type HeaderReader = (name: string) => string | undefined;

/**
 * The headers of a delivered message. The client parses all of them, which takes longer than to fold the event: where it
 * gives its bytes away and they are plain, only what is asked for is read from them, and it comes to the same.
 */
export function deliveredHeaders(message: JsMsg): HeaderReader {
  return plainHeaders(headerBytes(message)) ?? parsedHeaders(() => message.headers);
}

/**
 * Headers for the client's publish, which asks nothing of them but `encode` (2.29): its own make several objects a header. Throws
 * RangeError where a value holds a line break, which would be another header.
 */
export function outgoingHeaders(headers: Readonly<Record<string, string>>): MsgHdrs {
  let text = 'NATS/1.0\r\n';
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (lineBreak.test(value)) throw new RangeError(`the header ${name} holds a line break`);
    text += `${name}: ${value.trim()}\r\n`;
  }
  const encoded = { encode: () => Buffer.from(`${text}\r\n`) };
  return encoded as unknown as MsgHdrs;
}

const lineBreak = /[\r\n]/;

/** Headers as the client parses them. Where it throws, because somebody published what it takes for none, there are none. */
export function parsedHeaders(parse: () => MsgHdrs | undefined): HeaderReader {
  let values: Map<string, string[]> | undefined;
  return (name) => {
    values ??= valuesOf(parse);
    const value = values.get(name)?.[0];
    return value ? copied(value) : undefined;
  };
}

// Everything else, such as other characters than ASCII, is left to the client.
const plain = /^NATS\/1\.0\r\n(?:[!-9;-~]+:[ -~]*\r\n)+\r\n$/;
const space = 0x20;

/** Reads headers from their bytes, if these are plain. */
export function plainHeaders(bytes: Buffer | undefined): HeaderReader | undefined {
  const text = bytes?.toString('latin1');
  if (bytes === undefined || text === undefined || !plain.test(text)) return undefined;
  return (name) => {
    const at = name.includes(':') ? -1 : text.indexOf(`\r\n${name}:`);
    if (at < 0) return undefined;
    let from = at + 2 + name.length + 1;
    let to = text.indexOf('\r\n', from);
    while (from < to && text.charCodeAt(from) === space) from += 1;
    while (to > from && text.charCodeAt(to - 1) === space) to -= 1;
    // From the bytes and not from the text, which each of its parts would keep in memory.
    return from === to ? undefined : bytes.toString('latin1', from, to);
  };
}

// `nats` is pinned to 2.29.3 for this; test/log/client-insides.test.ts fails if it moves. When @nats-io/* 3.x is taken: messages of
// @nats-io/nats-core and @nats-io/jetstream keep these fields, but `nats` itself is split into packages, so that every import in
// src/log moves, what is thrown (`NatsError.api_error`) gets classes of its own (errors.ts, append.ts, publisher.ts), and a look-up that finds nothing
// answers null instead of throwing (read.ts).
/** What the client's messages hold beneath their types (2.29): the bytes of headers and body, and where the body begins. */
interface Inside {
  msg?: { _rdata?: unknown; _msg?: { hdr?: unknown } };
}

/** The bytes of a message's headers; undefined where it has none, or where this client keeps them elsewhere. */
export function headerBytes(message: JsMsg): Buffer | undefined {
  const { msg } = message as unknown as Inside;
  const [bytes, length] = [msg?._rdata, msg?._msg?.hdr];
  if (!(bytes instanceof Uint8Array) || typeof length !== 'number') return undefined;
  if (length <= 0 || length > bytes.length) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, length);
}

function valuesOf(parse: () => MsgHdrs | undefined): Map<string, string[]> {
  try {
    return new Map(parse());
  } catch {
    return new Map();
  }
}

/** The client cuts values out of one text, which each of them would keep in memory as a whole: several times their size. */
function copied(value: string): string {
  return Buffer.from(value).toString();
}
