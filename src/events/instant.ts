const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.(\d{1,9}))?(?:[Zz]|([+-]\d{2}):(\d{2}))$/;

/**
 * Nanoseconds since 1970 of an RFC 3339 time, or undefined where the text is none. Alertmanager sends 0 to 9
 * fraction digits and any offset, so instants are compared and never strings.
 */
export function nanosOf(text: string): bigint | undefined {
  // The same time is asked for again and again: in a subject, an id, and for all alerts of a group.
  if (text !== lastText) {
    lastNanos = parseNanos(text);
    lastText = text;
  }
  return lastNanos;
}

let lastText: string | undefined;
let lastNanos: bigint | undefined;

function parseNanos(text: string): bigint | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [, fraction = '', offsetHour = '+00', offsetMinute = '00'] = match;
  const millis = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
  // Date.parse rolls 02-30 over to March, and 24:00:00 to the next day: such a time is a fault, not another day.
  if (Number.isNaN(millis) || new Date(millis).getUTCDate() !== Number(text.slice(8, 10))) return undefined;
  const hours = Number(offsetHour);
  if (Math.abs(hours) > 23 || Number(offsetMinute) > 59) return undefined;
  const minutes = Number(offsetMinute) * (offsetHour.startsWith('-') ? -1 : 1);
  const utcMillis = millis - (hours * 60 + minutes) * 60_000;
  return BigInt(utcMillis) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Milliseconds since 1970 of an RFC 3339 time that an event carries; NaN where it is none. */
export function millisOf(text: string): number {
  const nanos = nanosOf(text);
  return nanos === undefined ? Number.NaN : Number(nanos / 1_000_000n);
}

/** Seconds from one RFC 3339 time to another; 0 where two clocks have them the other way round, NaN where one is none. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, millisOf(to) - millisOf(from)) / 1_000;
}

/** The RFC 3339 form, in UTC with milliseconds, of milliseconds since 1970. */
export function timeOf(millis: number): string {
  return new Date(millis).toISOString();
}
