import {
  type BadLabel,
  badPlainLabel,
  podOf,
  type PodOfAlert,
  statefulSetOf,
} from '../../book/pod-of-alert.ts';
import type { Plan } from '../../events/data/plan.ts';
import type { StatefulSet } from '../../events/subjects.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * The pod that an alert is about, or where the plan has `targets` its StatefulSet; or which label keeps it from being recorded by this
 * plan: one of those that its collector needs, too.
 */
export function recordable(
  labels: Labels,
  plan: Pick<Plan, 'labels' | 'targets'>,
): PodOfAlert | { statefulSet: StatefulSet } {
  const found = (plan.targets && statefulSetOf(labels)) ?? podOf(labels);
  return 'reason' in found ? found : (lackingIn(labels, plan) ?? found);
}

/** Which label of an alert the collector of a plan needs and cannot be given. */
export function lackingIn(labels: Labels, plan: Pick<Plan, 'labels'>): BadLabel | undefined {
  for (const label of plan.labels?.required ?? []) {
    const bad = badPlainLabel(labels, label);
    if (bad) return { ...bad, message: `${bad.message}; its collector needs it` };
  }
  return undefined;
}

/** What the collector of a plan is given of an alert: a label that it only wants is left out where it is not plainly a name. */
export function labelsFor({ labels: named }: Plan, labels: Labels): { labels?: Record<string, string> } {
  if (!named) return {};
  const given = [...named.required, ...named.optional].filter((label) => !badPlainLabel(labels, label));
  return { labels: Object.fromEntries(given.map((label) => [label, labels[label] ?? ''])) };
}
