import type { Pod, StatefulSet } from '../events/subjects.ts';

/** A label that keeps an alert from saying what it speaks of. */
export interface BadLabel {
  reason: 'missing-label' | 'invalid-label';
  label: string;
  message: string;
}

/** The pod that an alert speaks of, or which label keeps it from saying so. */
export type PodOfAlert = { pod: Pod & { sts?: string } } | BadLabel;

type Labels = Readonly<Record<string, string>>;

type Form = readonly [form: RegExp, allowed: string];

/** `a/../b` would climb out of a folder that a collector makes of it. */
const plain: Form = [
  /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9]([-._:/@A-Za-z0-9]*[A-Za-z0-9])?$/,
  'letters, digits and - . _ : / @, without .. between slashes',
];
const name: Form = [/^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/, 'letters, digits and - . _'];
const forms = { kube_context: plain, namespace: name, pod: name, sts: name };
const maxLength = 253;

/**
 * Labels become arguments of programs, subjects and keys: a value that is not plainly a name is refused. In
 * particular none starts with a dash or climbs a folder. `sts` is only wanted: an odd one is left out.
 */
export function podOf(labels: Labels): PodOfAlert {
  const bad = badLabelIn(labels, ['kube_context', 'namespace', 'pod']);
  if (bad) return bad;
  const { kube_context: kubeContext = '', namespace = '', pod = '', sts = '' } = labels;
  return { pod: { kubeContext, namespace, pod, ...(badLabelIn(labels, ['sts']) ? {} : { sts }) } };
}

/** The StatefulSet that an alert names which names no pod, or which label is missing; undefined where it names a pod. */
export function statefulSetOf(labels: Labels): { statefulSet: StatefulSet } | BadLabel | undefined {
  if (Object.hasOwn(labels, 'pod') && labels['pod'] !== '') return undefined;
  const bad = badLabelIn(labels, ['kube_context', 'namespace', 'sts']);
  if (bad) return bad;
  const { kube_context: kubeContext = '', namespace = '', sts = '' } = labels;
  return { statefulSet: { kubeContext, namespace, sts } };
}

/** Why a label's value may not become an argument or a variable of a program: what holds for kube_context holds for any other. */
export function badPlainLabel(labels: Labels, label: string): BadLabel | undefined {
  return badLabel(labels, label, plain);
}

function badLabelIn(labels: Labels, names: readonly (keyof typeof forms)[]): BadLabel | undefined {
  for (const label of names) {
    const bad = badLabel(labels, label, forms[label]);
    if (bad) return bad;
  }
  return undefined;
}

function badLabel(labels: Labels, label: string, [form, allowed]: Form): BadLabel | undefined {
  const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
  if (!value) return { reason: 'missing-label', label, message: `the alert has no label ${label}` };
  if (value.length <= maxLength && form.test(value)) return undefined;
  const message = `${label} must be up to ${String(maxLength)} of ${allowed}, a letter or digit first and last`;
  return { reason: 'invalid-label', label, message };
}
