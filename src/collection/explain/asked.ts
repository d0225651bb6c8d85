import type { Asked } from './explanation.ts';
import { podName } from './words.ts';

/**
 * What a text asks about: an alert id (64 hex digits), a collection id (32), a fingerprint (16), a pod as
 * `kube_context/namespace/pod` (a context may hold slashes), or a pod's bare name. Undefined where it is none of these.
 */
export function parseAsked(text: string, since: string): Asked | undefined {
  if (/^[0-9a-f]+$/i.test(text)) {
    const id = text.toLowerCase();
    if (id.length === 64) return { kind: 'alert', alertId: id };
    if (id.length === 32) return { kind: 'collection', collectionId: id };
    if (id.length === 16) return { kind: 'fingerprint', fingerprint: id };
  }
  return parsePod(text, since);
}

/** The same for a text that can only be a pod, in the long form or a bare name. */
export function parsePod(text: string, since: string): Asked | undefined {
  const parts = text.split('/');
  const [pod = '', namespace, kubeContext] = [parts.pop(), parts.pop(), parts.join('/')];
  if (pod === '') return undefined;
  if (namespace === undefined) return { kind: 'pod-name', pod, since };
  return namespace && kubeContext ? { kind: 'pod', kubeContext, namespace, pod, since } : undefined;
}

/** What was looked for, in words. */
export function askedText(asked: Asked): string {
  switch (asked.kind) {
    case 'alert':
      return `the alert ${asked.alertId}`;
    case 'fingerprint':
      return `alerts with the fingerprint ${asked.fingerprint}`;
    case 'collection':
      return `the collection ${asked.collectionId}`;
    case 'pod':
      return `the pod ${podName(asked)} since ${asked.since}`;
    case 'pod-name':
      return `pods named ${asked.pod} since ${asked.since}`;
  }
}

/** Where nothing is found of a pod: why an alert may be there all the same. Empty for anything else. */
export function missedText(asked: Asked): string {
  const isPod = asked.kind === 'pod' || asked.kind === 'pod-name';
  return isPod ? '; an alert without the label pod is found by its fingerprint' : '';
}

type AskedPod = Extract<Asked, { kind: 'pod' | 'pod-name' }>;

/**
 * True where an alert with these labels may speak of that pod, or of all pods of a StatefulSet of that name. An alert that names no namespace or context is meant, too: it
 * was declined, and that is what the asker has to be told.
 */
export function speaksOf(labels: Readonly<Record<string, string>>, asked: AskedPod): boolean {
  const isOrLacks = (label: string, value: string) =>
    !Object.hasOwn(labels, label) || labels[label] === '' || labels[label] === value;
  const named = Object.hasOwn(labels, 'pod') && labels['pod'] !== '' ? 'pod' : 'sts';
  if (!Object.hasOwn(labels, named) || labels[named] !== asked.pod) return false;
  if (asked.kind === 'pod-name') return true;
  return isOrLacks('namespace', asked.namespace) && isOrLacks('kube_context', asked.kubeContext);
}
