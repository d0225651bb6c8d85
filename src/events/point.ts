import { millisOf, nanosOf, timeOf } from './instant.ts';

/** A place in the stream: a sequence, or a time (RFC 3339) by the stream's own clock. Both are inclusive. */
export type Point = { sequence: number } | { time: string };

/** What a text that names a time may be, for people. */
export const timeForms = 'an RFC 3339 time such as 2026-11-20T18:31:29Z, or 90s, 90m, 24h, 7d ago';

const unitMillis: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The RFC 3339 time that a text means: one, or `90m`, `24h`, `7d` before `now`; undefined where it is neither. */
export function parseTime(text: string, now: string): string | undefined {
  if (nanosOf(text) !== undefined) return timeOf(millisOf(text));
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const millis = unitMillis[unit];
  if (amount === undefined || millis === undefined) return undefined;
  return timeOf(Math.max(0, millisOf(now) - Number(amount) * millis));
}

/** The same for a text that may be a sequence, too. */
export function parsePoint(text: string, now: string): Point | undefined {
  if (/^\d{1,15}$/.test(text)) return { sequence: Number(text) };
  const time = parseTime(text, now);
  return time === undefined ? undefined : { time };
}

/** True for a message that lies before the point. */
export function isBefore(message: { sequence: number; storedAt: string }, point: Point): boolean {
  if ('sequence' in point) return message.sequence < point.sequence;
  return millisOf(message.storedAt) < millisOf(point.time);
}

/** True for a message that lies behind the point. */
export function isAfter(message: { sequence: number; storedAt: string }, point: Point): boolean {
  if ('sequence' in point) return message.sequence > point.sequence;
  return millisOf(message.storedAt) > millisOf(point.time);
}
