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
