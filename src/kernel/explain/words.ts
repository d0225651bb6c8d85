import type { EventError } from '../../events/data/error.ts';
import { millisOf } from '../../events/instant.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of milliseconds in words: `80 ms`, `30.5 s`, `5 min 12 s`, `3 h 5 min`, `2 d 3 h`. Less than nothing is `0 ms`. */
export function spanOf(millis: number): string {
  if (Number.isNaN(millis)) return 'an unknown time';
  if (millis < second) return `${String(Math.max(0, Math.round(millis)))} ms`;
  // Rounded first: 59.97 s would be told as 60 s.
  if (Math.round(millis / 100) * 100 < minute) return `${String(Math.round(millis / 100) / 10)} s`;
  const whole = Math.round(millis / second) * second;
  if (whole < hour) return twoParts(whole, minute, 'min', second, 's');
  return whole < day ? twoParts(whole, hour, 'h', minute, 'min') : twoParts(whole, day, 'd', hour, 'h');
}

/** The span between two RFC 3339 times, in words. */
export function spanBetween(from: string, to: string): string {
  return spanOf(millisOf(to) - millisOf(from));
}

function twoParts(millis: number, large: number, largeUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((millis % large) / small);
  const first = `${String(Math.floor(millis / large))} ${largeUnit}`;
  return rest === 0 ? first : `${first} ${String(rest)} ${smallUnit}`;
}

/** `1 attempt`, `2 attempts` */
export function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`;
}

/** Labels and messages come from outside and may be as long as they like. */
export function clip(text: string, length = 200): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

export function quoted(text: string): string {
  return JSON.stringify(clip(text));
}

/** The error of an attempt: code, message, exit code, and the last line that the program wrote to stderr. */
export function errorText({ code, message, exitCode, stderrTail }: EventError): string {
  const exitText = `exit code ${String(exitCode)}`;
  // Most messages say it themselves.
  const exit = exitCode === undefined || message.endsWith(exitText) ? '' : ` (${exitText})`;
  const lastLine = stderrTail?.split('\n').findLast((line) => line.trim() !== '');
  const stderr = lastLine === undefined ? '' : `; stderr ends with ${quoted(lastLine.trim())}`;
  return `${clip(code)}: ${clip(message, 500)}${exit}${stderr}`;
}
