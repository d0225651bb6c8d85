import type { Pod } from '../events/subjects.ts';

/** Which label of an alert cannot be used, and why. */
export interface LabelFault {
  reason: 'missing-label' | 'invalid-label';
  label: string;
  message: string;
}

/** The pod that an alert speaks of, or which label keeps it from saying so. */
export type PodOfAlert = { pod: Pod & { sts?: string } } | LabelFault;

type Labels = Readonly<Record<string, string>>;
type Form = readonly [form: RegExp, allowed: string];

/** `a/../b` would climb out of a folder that a collector makes of it. */
const plain: Form = [
  /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9]([-._:/@A-Za-z0-9]*[A-Za-z0-9])?$/,
  'letters, digits and - . _ : / @, without .. between slashes',
];
const name: Form = [/^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'letters, digits and - . _'];
const required: readonly [label: string, form: Form][] = [
  ['kube_context', plain],
  ['namespace', name],
  ['pod', name],
];
const maxLength = 253;

/**
 * Labels become arguments of programs, subjects and keys: a value that is not plainly a name is refused. In
 * particular none starts with a dash or climbs a folder. `sts` is only wanted: an odd one is left out.
 */
export function podOf(labels: Labels): PodOfAlert {
  for (const [label, form] of required) {
    const fault = faultOf(labels, label, form);
    if (fault) return fault;
  }
  const { kube_context: kubeContext = '', namespace = '', pod = '' } = labels;
  const sts = faultOf(labels, 'sts', name) ? undefined : labels['sts'];
  return { pod: { kubeContext, namespace, pod, ...(sts === undefined ? {} : { sts }) } };
}

/** Why a label's value may not become an argument or a variable of a program: what holds for kube_context holds for any other. */
export function plainFault(labels: Labels, label: string): LabelFault | undefined {
  return faultOf(labels, label, plain);
}

function faultOf(labels: Labels, label: string, [form, allowed]: Form): LabelFault | undefined {
  const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
  if (!value) return { reason: 'missing-label', label, message: `the alert has no label ${label}` };
  if (value.length <= maxLength && form.test(value)) return undefined;
  const message = `${label} must be up to ${String(maxLength)} of ${allowed}, a letter or digit first and last`;
  return { reason: 'invalid-label', label, message };
}
