import type { Plan } from '../../events/data/plan.ts';
import { matchesAll, parseMatcher } from '../../kernel/matchers.ts';

/** One row of the policy: which alerts lead to which plan. */
export interface PolicyRow {
  name: string;
  match: string[];
  plan: Omit<Plan, 'rule'>;
}

export interface Policy {
  /** The plan of the first row whose matchers all match, or undefined: nothing is to be done. */
  planFor: (labels: Readonly<Record<string, string>>) => Plan | undefined;
}

/** Throws MatcherSyntaxError where a row's matcher can't be read. */
export function createPolicy(rows: readonly PolicyRow[]): Policy {
  const compiled = rows.map(({ name, match, plan }) => ({
    matchers: match.map(parseMatcher),
    plan: { ...plan, rule: name },
  }));
  return {
    planFor: (labels) => compiled.find(({ matchers }) => matchesAll(matchers, labels))?.plan,
  };
}
