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

/** A value as one line of JSON that any terminal can show. */
export function jsonLine(value: unknown): string {
  return `${escapedJson(JSON.stringify(value))}\n`;
}

/** JSON itself escapes the control characters of ASCII only: here are the others, and what `printable` makes visible. */
export function escapedJson(json: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char.split('').map(escape).join(''),
  );
}

/** A text from outside for a line of the log: 256 characters of it at most, and none that could pass for another line. */
export function loggable(text: string): string {
  return bounded(printable(text.slice(0, 1_024)));
}
