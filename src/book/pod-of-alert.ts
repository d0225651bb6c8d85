import type { Pod } from '../events/subjects.ts';

/** The pod that an alert speaks of, or which label keeps it from saying so. */
export type PodOfAlert =
  | { pod: Pod & { sts?: string } }
  | { reason: 'missing-label' | 'invalid-label'; label: string; message: string };

const required = [
  // `a/../b` would climb out of a folder that a collector makes of it.
  [
    'kube_context',
    /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9]([-._:/@A-Za-z0-9]*[A-Za-z0-9])?$/,
    'letters, digits and - . _ : / @, without .. between slashes',
  ],
  ['namespace', /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'letters, digits and - . _'],
  ['pod', /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'letters, digits and - . _'],
] as const;
const maxLength = 253;

/**
 * Labels become arguments of programs, subjects and keys: a value that is not plainly a name is refused. In
 * particular none starts with a dash or climbs a folder. `sts` is only wanted: an odd one is left out.
 */
export function podOf(labels: Readonly<Record<string, string>>): PodOfAlert {
  for (const [label, form, allowed] of required) {
    const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
    if (!value) return { reason: 'missing-label', label, message: `the alert has no label ${label}` };
    if (value.length > maxLength || !form.test(value)) {
      const message = `${label} must be up to ${String(maxLength)} of ${allowed}, a letter or digit first and last`;
      return { reason: 'invalid-label', label, message };
    }
  }
  const { kube_context: kubeContext = '', namespace = '', pod = '', sts } = labels;
  const isName = sts !== undefined && sts.length <= maxLength && required[2][1].test(sts);
  return { pod: { kubeContext, namespace, pod, ...(isName ? { sts } : {}) } };
}
