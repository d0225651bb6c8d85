import { RE2JS } from 're2js';

/** What stands in the place of what is not stored. */
export const mask = '[redacted]';

/** A longer text is masked as a whole: a text full of matches takes a second for each million characters. */
const longestText = 262_144;
/** Most texts of alerts come again and again: of so many it is remembered what they become. */
const maxRemembered = 4_096;
const longestRemembered = 1_024;

/**
 * Masks in a text what matches the patterns (RE2, anywhere in it), one pattern after the other. Takes time linear in the text.
 * Throws where a pattern cannot be read.
 */
export function createPatterns(patterns: readonly string[]): (text: string) => string {
  if (patterns.length === 0) return (text) => text;
  const compiled = patterns.map((pattern) => RE2JS.compile(pattern));
  const masked = (text: string) =>
    compiled.reduce((left, pattern) => pattern.matcher(left).replaceAll(mask), text);
  const remembered = new Map<string, string>();
  return (text) => {
    if (text.length > longestText) return mask;
    if (text.length > longestRemembered) return masked(text);
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const result = masked(text);
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(text, result);
    return result;
  };
}
