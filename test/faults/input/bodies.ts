import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { hostileText, put, written } from './hostile.ts';
import { type Json, mutateAlert, mutateWebhook } from './mutations.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { type Route, routeFor } from './routes.ts';
import { titled } from './titled.ts';
import { weighted } from './weighted.ts';

/** A request with alerts. The same seed and index give the same one again. */
export interface FuzzRequest extends Route {
  index: number;
  /** True: sent without Content-Length. */
  isChunked: boolean;
  body: Buffer;
}

const folder = new URL('../../fixtures/alertmanager/', import.meta.url);
const captures = readdirSync(folder)
  .sort()
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Json & { alerts: Json[] });

/** The request of this index: a capture, changed in structure, then in text, then in bytes. */
export function requestOf(seed: number, index: number): FuzzRequest {
  const random = createRandom(`${String(seed)}/${String(index)}`);
  const unique = `${String(seed)}/${String(index)}`;
  const route = routeFor(random);
  const { alerts, ...around } = structuredClone(random.pick(captures));
  const told = alertsOf(alerts, random, unique);
  const isTitled = route(Buffer.alloc(0)).format === 'alerts';
  const webhook: Json = isTitled ? titled(told, random) : { ...around, alerts: told };
  if (!isTitled && random.chance(0.15)) mutateWebhook(webhook, random);
  const text = random.chance(0.1)
    ? withRepeatedKey(written(webhook, random), random)
    : written(webhook, random);
  const body = random.chance(0.15) ? mutateBytes(text, random) : Buffer.from(text);
  const { headers, isChunked } = headersOf(random);
  const to = route(body);
  return { ...to, index, body, isChunked, headers: { ...headers, ...to.headers } };
}

function alertsOf(originals: Json[], random: Random, unique: string): Json[] {
  const count = weighted(random, [
    [60, () => 1],
    [30, () => 1 + random.integer(5)],
    [4, () => 0],
    [5, () => 6 + random.integer(30)],
    [0.5, () => 300],
  ]);
  const isNew = random.chance(0.6);
  const alerts: Json[] = Array.from({ length: count }, (_, number) => {
    const alert = structuredClone(originals[number % originals.length] ?? {});
    if (isNew || number >= originals.length) {
      delete alert['fingerprint'];
      put(alert['labels'] as Json, 'unique', `${unique}/${String(number)}`);
    }
    for (let left = random.pick([0, 0, 1, 1, 2, 4]); left > 0; left -= 1) mutateAlert(alert, random);
    return alert;
  });
  // The same alert again, in one body.
  while (alerts.length > 0 && random.chance(0.1)) alerts.push(random.pick(alerts));
  const withOther: unknown[] = random.chance(0.05)
    ? [...alerts, random.pick([null, 7, 'x', [], {}])]
    : alerts;
  return withOther as Json[];
}

// Writing JSON from objects never repeats a key; parsers take the last one.
function withRepeatedKey(text: string, random: Random): string {
  const opening = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index + 1);
  if (opening.length === 0) return text;
  const at = random.pick(opening);
  const name = random.pick([
    'status',
    'labels',
    'alertname',
    'startsAt',
    'alerts',
    '__proto__',
    'fingerprint',
  ]);
  return `${text.slice(0, at)}${JSON.stringify(name)}:${random.pick(['"x"', '7', 'null', '{}'])},${text.slice(at)}`;
}

function mutateBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  const at = random.integer(bytes.length);
  const insert = (...codes: number[]) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(codes), bytes.subarray(at)]);
  return weighted<Buffer>(random, [
    [3, () => bytes.subarray(0, at)],
    [2, () => insert(...random.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0x80], [0]]))],
    [2, () => insert(random.integer(256))],
    [2, () => Buffer.from(bytes.with(at, random.integer(256)))],
    [1, () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    [1, () => Buffer.from(`${' \n\t'.repeat(50)}${text}\r\n`)],
    [1, () => Buffer.from(text + random.pick(['}', '{}', '\0', text]))],
    [1, () => Buffer.from(text, random.pick(['utf16le', 'latin1']))],
    [1, () => gzipSync(bytes)],
    [
      1,
      () =>
        Buffer.from(random.pick(['', 'null', '[]', '""', '7', '{', '['.repeat(20_000), hostileText(random)])),
    ],
    [0.2, () => Buffer.concat([bytes, Buffer.alloc(600_000, ' ')])],
  ]);
}

function headersOf(random: Random): { headers: Record<string, string>; isChunked: boolean } {
  const headers: Record<string, string> = {};
  const type = random.chance(0.7) ? 'application/json' : random.pick(contentTypes);
  if (type) headers['content-type'] = type;
  if (random.chance(0.1)) headers['content-encoding'] = random.pick(['gzip', 'identity', 'br', 'x']);
  if (random.chance(0.1)) headers['traceparent'] = random.pick(traceparents);
  return { headers, isChunked: random.chance(0.1) };
}

const contentTypes = [
  ...['application/json; charset=utf-16', 'application/json;;;', 'text/plain', 'application/octet-stream'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/cloudevents+json'],
  ...['*/*', 'x', '/', ';', 'é/ü', 'a'.repeat(4_000), '__proto__/constructor', ''],
];
const traceparents = [
  ...['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '', 'x', `00-${'0'.repeat(32)}-x`, 'é'],
];
