import type { BadLabel } from '../../book/pod-of-alert.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { Pod, StatefulSet } from '../../events/subjects.ts';
import { matchesAll, parseMatcher } from '../../kernel/matchers.ts';
import { recordable } from '../intake/labels.ts';
import { createPolicy, type PolicyRow } from '../intake/policy.ts';

/** What one row says of an alert. */
export interface RowAnswer {
  name: string;
  matches: boolean;
  /** The first matcher that fails, as the configuration has it. */
  failed?: string;
}

/** What a firing alert leads to, but for its age and for cooldowns. */
export interface Consequence {
  /** The first row that matches; absent where none does. */
  row?: string;
  /** What that row plans. */
  plan?: Plan;
  /** What is recorded: one pod, or pods of a StatefulSet. */
  pod?: Pod & { sts?: string };
  targets?: StatefulSet;
  /** Why nothing is recorded although a row matches. */
  declined?: BadLabel;
  /** The same as a sentence. */
  because: string;
  /** Every row, in order. */
  rows: RowAnswer[];
}

type Labels = Readonly<Record<string, string>>;

/** Tells what alerts with some labels lead to by these rows. Throws MatcherSyntaxError where a matcher can't be read. */
export function createConsequences(rows: readonly PolicyRow[]): (labels: Labels) => Consequence {
  const policy = createPolicy(rows);
  const compiled = rows.map(({ name, match }) => ({
    name,
    matchers: match.map((text) => ({ text, ...parseMatcher(text) })),
  }));
  return (labels) => {
    const answers = compiled.map(({ name, matchers }): RowAnswer => {
      const failed = matchers.find((matcher) => !matchesAll([matcher], labels));
      return failed ? { name, matches: false, failed: failed.text } : { name, matches: true };
    });
    return { ...byPlan(labels, policy.planFor(labels)), rows: answers };
  };
}

function byPlan(labels: Labels, plan: Plan | undefined): Omit<Consequence, 'rows'> {
  if (!plan) return { because: 'no row of collections matches: the alert is only stored' };
  const row = plan.rule;
  const found = recordable(labels, plan);
  if ('reason' in found)
    return { row, plan, declined: found, because: `row ${row} matches, but ${declinedText(found)}` };
  const because = `row ${row} is the first that matches`;
  if ('statefulSet' in found) return { row, plan, targets: found.statefulSet, because };
  return { row, plan, pod: found.pod, because };
}

/** Why an alert is declined, and for a label that newcomers do not know what it is. */
export function declinedText({ label, message }: BadLabel): string {
  return label === 'kube_context' ? `${message} (${kubeContextHint})` : message;
}

const kubeContextHint =
  'kube_context names the cluster, as kubectl does; Prometheus adds it with external_labels: docs/configuration.md, "The label kube_context"';
