import { RE2JS } from 're2js';

/** One matcher in Alertmanager's own syntax: `name="value"` with `=`, `!=`, `=~` or `!~`. */
export interface Matcher {
  name: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
  /** A label that an alert lacks counts as empty, as in Alertmanager. */
  matches: (labels: Readonly<Record<string, string>>) => boolean;
}

/** A matcher that can't be read; the message says what is wrong with it. */
export class MatcherSyntaxError extends Error {
  override readonly name = 'MatcherSyntaxError';
}

const syntax =
  /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"'`{}=!~,\\]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"'`{}=!~,\\]*))\s*$/su;
const escapes: Record<string, string> = { n: '\n', '"': '"', '\\': '\\' };

/**
 * Reads a matcher as Alertmanager's configuration and amtool write it (prometheus.io, "Alertmanager matchers"): names and
 * values may be quoted, and must be where they hold white space, commas, braces or quotes. Regular expressions are RE2's
 * and anchored at both ends; matching takes linear time whatever the label holds.
 */
export function parseMatcher(text: string): Matcher {
  const match = syntax.exec(text);
  if (!match) {
    throw new MatcherSyntaxError(
      `${JSON.stringify(text)} is no matcher: expected name="value" with =, !=, =~ or !~`,
    );
  }
  const [, quotedName, bareName, operator, quotedValue, bareValue] = match;
  const name = quotedName === undefined ? (bareName ?? '') : unescape(quotedName, text);
  const value = quotedValue === undefined ? (bareValue ?? '') : unescape(quotedValue, text);
  const test = tester(operator as Matcher['operator'], value, text);
  return {
    name,
    operator: operator as Matcher['operator'],
    value,
    matches: (labels) => test(Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''),
  };
}

function tester(operator: Matcher['operator'], value: string, text: string): (label: string) => boolean {
  if (operator === '=') return (label) => label === value;
  if (operator === '!=') return (label) => label !== value;
  const pattern = compile(value, text);
  return operator === '=~'
    ? (label) => pattern.matcher(label).matches()
    : (label) => !pattern.matcher(label).matches();
}

function compile(value: string, text: string): RE2JS {
  try {
    return RE2JS.compile(`^(?:${value})$`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MatcherSyntaxError(`${JSON.stringify(text)} has no valid regular expression: ${reason}`);
  }
}

// Alertmanager knows these three escapes and refuses others.
function unescape(quoted: string, text: string): string {
  return quoted.replaceAll(/\\(.)/gsu, (_, char: string) => {
    const plain = escapes[char];
    if (plain === undefined)
      throw new MatcherSyntaxError(`${JSON.stringify(text)} has an unknown escape \\${char}`);
    return plain;
  });
}

/** All of them, as in a row of Alertmanager's routes; none at all match everything. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every((matcher) => matcher.matches(labels));
}
