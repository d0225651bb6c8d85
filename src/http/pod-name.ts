import { Type } from '@sinclair/typebox';
import type { Pod } from '../events/subjects.ts';

/** A pod in a query, in one word. */
export const PodName = Type.String({
  pattern: '^.+/[^/]+/[^/]+$',
  description: '`kube_context/namespace/pod`; a context may hold slashes.',
  examples: ['aks1-westeurope-prod/my-namespace/crate-data-hot-0'],
});

/** Reads what PodName has taken. */
export function parsePodName(text: string): Pod {
  const parts = text.split('/');
  const [pod = '', namespace = '', kubeContext] = [parts.pop(), parts.pop(), parts.join('/')];
  return { kubeContext, namespace, pod };
}
