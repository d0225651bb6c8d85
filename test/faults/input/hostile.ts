import type { Random } from '../../support/random.ts';
import { weighted } from './weighted.ts';

/** Stand for what JSON.stringify cannot write; `written` puts the real text in their place. */
const deep = '@@deep@@';
const huge = '@@huge@@';

/** A text that something on its way could stumble over: as a label's name or value, an annotation, a fingerprint. */
export function hostileText(random: Random): string {
  return weighted(random, [
    [10, () => random.pick(shortTexts)],
    [
      1,
      () =>
        random.pick(['x', '.', '%', '\0', 'é', '\u{1f525}', '/..']).repeat(random.pick([200, 201, 5_000])),
    ],
    [1, () => Array.from({ length: 1 + random.integer(12) }, () => randomChar(random)).join('')],
  ]);
}

/** A value of a type that nobody asked for; some are only put in by `written`. */
export function hostileValue(random: Random): unknown {
  return weighted(random, [
    [3, () => random.pick([null, true, false, 0, -1, 7, 1.5e300, '', [], {}, [[]], ['x'], { a: 'b' }])],
    [1, () => huge],
    [1, () => deep],
    [2, () => hostileText(random)],
  ]);
}

/** RFC 3339 and what is nearly that. */
export function oddTime(random: Random): string {
  return weighted(random, [
    [3, () => random.pick(oddTimes)],
    [2, () => new Date(random.integer(2 ** 31) * 1_000).toISOString()],
    [
      1,
      () =>
        `2026-11-20T18:31:29.${'123456789'.slice(0, random.integer(10))}${random.pick(['Z', '+02:00', 'z'])}`,
    ],
  ]);
}

/** The JSON text of a value, with deep nesting and huge numbers in place of what stands for them. */
export function written(value: unknown, random: Random): string {
  return JSON.stringify(value)
    .replaceAll(`"${huge}"`, () => random.pick(hugeNumbers))
    .replaceAll(`"${deep}"`, () => {
      const depth = random.pick([10, 500, 8_000]);
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      return `${open.repeat(depth)}0${close.repeat(depth)}`;
    });
}

/**
 * Sets a property of its own, also where it is called `__proto__`. No name has a backslash: after one, JSON.parse of Node 24
 * to 26 misreads other names with escapes in them, here as well as in the service (nodejs/node#63785).
 */
export function put(record: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(record, name.replaceAll('\\', '/'), {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function randomChar(random: Random): string {
  return String.fromCharCode(random.chance(0.5) ? random.integer(0x100) : random.integer(0x10000));
}

const shortTexts = [
  ...['', ' ', '~', '%', '%00', '%2E', '0', '-', '--help', '-rf', '$(id)', '`id`', ';', '|', "'", '"', '\\'],
  ...['*', '>', 'a.*', 'aw.>', '$JS.API.>', 'a.b', '..', '../../etc/passwd', '/etc/passwd', 'C:\\', 'a/b'],
  ...[
    '\0',
    'a\0b',
    '\n',
    'a\nb',
    '\r\n',
    'a\r\nNats-Msg-Id: x',
    '\t',
    '\u001b[2J',
    '\u007f',
    '\u0085',
    '\u2028',
  ],
  ...['\ud800', '\udc00', 'a\ud800b', '\udfff\ud800', '\ufeff', '\ufffd', '\uffff', '\u202e', 'é', 'e\u0301'],
  ...['日本語', '\u{1f468}\u200d\u{1f469}', 'ﬀ', 'İ', 'ß'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON'],
  ...[
    'alertname',
    'namespace',
    'pod',
    'kube_context',
    'sts',
    'severity',
    'firing',
    'null',
    'undefined',
    'NaN',
  ],
];

const oddTimes = [
  ...[
    '0001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0000-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59.999999999Z',
  ],
  ...[
    '9999-12-31T23:59:59-23:59',
    '1969-12-31T23:59:59.999999999Z',
    '1970-01-01T00:00:00Z',
    '2038-01-19T03:14:08Z',
  ],
  ...['2016-12-31T23:59:60Z', '2026-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2026-13-01T00:00:00Z'],
  ...[
    '2026-11-20T24:00:00Z',
    '2026-11-20T18:31:29+24:00',
    '2026-11-20T18:31:29-00:00',
    '2026-11-20T18:31:29.Z',
  ],
  ...[
    '2026-11-20T18:31:29.1234567890Z',
    '2026-11-20t18:31:29z',
    '2026-11-20 18:31:29Z',
    '2026-11-20T18:31:29',
  ],
  ...['2026-11-20T18:31:29Z\n', ' 2026-11-20T18:31:29Z', '+012026-11-20T18:31:29Z', '-0001-11-20T18:31:29Z'],
  ...['2026-11-20', '', 'now', '0', '٢٠٢٦-11-20T18:31:29Z', '2026-11-20T18:31:29Z\0'],
];

const hugeNumbers = [
  '1e999',
  '-1e999',
  '-0',
  '123456789012345678901234567890',
  '1e-999',
  '0.1e1',
  '9007199254740993',
];
