import { parseMatcher } from '../../kernel/matchers.ts';
import { recordable } from '../intake/labels.ts';
import type { TodaysPolicy } from './explanation.ts';
import { clip, count, quoted } from '../../kernel/explain/words.ts';

/** What a policy would answer today, in words. */
export interface TodaysAnswer {
  /** The first row that matches; absent where none does. */
  rule?: string;
  sentence: string;
  /** Why it would be declined all the same. */
  declined?: string;
  /** Why each row before it, or every row, does not match. */
  details: string[];
}

type Labels = Readonly<Record<string, string>>;

/** So many rows are told. */
const toldRows = 50;

/** Asks today's policy about labels: which row matches, and for each row before it the first matcher that fails. */
export function askToday(labels: Labels, { name, rows }: TodaysPolicy): TodaysAnswer {
  const by = `by today's configuration (${name}), which may differ from that of then`;
  const details: string[] = [];
  for (const row of rows) {
    const reason = whyNot(labels, row.match);
    if (reason === undefined) {
      const found = recordable(labels, row.plan);
      const declined = 'reason' in found ? { declined: found.message } : {};
      return { rule: row.name, sentence: `row ${clip(row.name)} matches ${by}`, details, ...declined };
    }
    details.push(`row ${clip(row.name)} does not match: ${reason}`);
  }
  const left = details.length - toldRows;
  const told = left > 0 ? [...details.slice(0, toldRows), `and ${count(left, 'more row')}`] : details;
  return { sentence: `no row matches ${by}`, details: told };
}

function whyNot(labels: Labels, match: readonly string[]): string | undefined {
  for (const text of match) {
    const { name, matches } = parseMatcher(text);
    if (matches(labels)) continue;
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    const is = value === undefined ? 'which the alert does not have' : `and it is ${quoted(value)}`;
    return `it wants ${clip(text)}, ${is}`;
  }
  return undefined;
}
