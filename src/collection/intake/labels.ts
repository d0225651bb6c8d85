import { plainFault, type PodOfAlert, podOf } from '../../book/pod-of-alert.ts';
import type { Plan } from '../../events/data/plan.ts';

type Labels = Readonly<Record<string, string>>;

/** The pod of an alert, or which label keeps it from being recorded by this plan: one of those that its collector needs, too. */
export function recordable(labels: Labels, plan: Pick<Plan, 'labels'>): PodOfAlert {
  const found = podOf(labels);
  if (!('pod' in found)) return found;
  for (const label of plan.labels?.required ?? []) {
    const fault = plainFault(labels, label);
    if (fault) return { ...fault, message: `${fault.message}; its collector needs it` };
  }
  return found;
}

/** What the collector of a plan is given of an alert: a label that it only wants is left out where it is not plainly a name. */
export function labelsFor({ labels: named }: Plan, labels: Labels): { labels?: Record<string, string> } {
  if (!named) return {};
  const given = [...named.required, ...named.optional].filter((label) => !plainFault(labels, label));
  return { labels: Object.fromEntries(given.map((label) => [label, labels[label] ?? ''])) };
}
