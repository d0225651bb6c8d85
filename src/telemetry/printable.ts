import { bounded } from './bounded.ts';

/**
 * A text from outside, safe for a terminal: control characters (which move the cursor, or worse), formatting ones (which
 * turn the reading order) and line separators become visible escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** The same of a text of ours that has several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A value as one line of JSON that any terminal can show: JSON itself escapes the control characters of ASCII only. */
export function jsonLine(value: unknown): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const escapeAll = (char: string) => char.split('').map(escape).join('');
  return `${JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeAll)}\n`;
}

/** A text from outside for a line of the log: 256 characters of it at most, and none that could pass for another line. */
export function loggable(text: string): string {
  return bounded(printable(text.slice(0, 1_024)));
}
