/**
 * What the address says: which view, and what of it. Everything is in the query, so that every link can be shared and the
 * service has one page to serve.
 *
 * @import { Filter } from './types.ts'
 * @typedef {{ kubeContext: string, namespace: string, pod: string }} Pod
 * @typedef {{ view: 'overview', filter: Filter }
 *   | { view: 'pod', pod: Pod, span: string }
 *   | { view: 'find', asked: string }
 *   | { view: 'collection', id: string, at: number | undefined }} Place
 */

const filterKeys = /** @type {const} */ (['state', 'kubeContext', 'namespace', 'pod', 'alertname']);

/**
 * @param {string} search the query, with its question mark or without
 * @returns {Place}
 */
export function placeOf(search) {
  const query = new URLSearchParams(search);
  const id = query.get('collection');
  if (id) {
    const at = Number(query.get('at') ?? Number.NaN);
    return { view: 'collection', id, at: Number.isInteger(at) ? at : undefined };
  }
  const asked = query.get('find')?.trim();
  if (asked) return { view: 'find', asked };
  const pod = podOf(query.get('of') ?? '');
  if (pod) return { view: 'pod', pod, span: query.get('span') ?? 'latest' };
  const filter = Object.fromEntries(
    filterKeys.flatMap((key) => {
      const value = query.get(key);
      return value ? [[key, value]] : [];
    }),
  );
  return { view: 'overview', filter };
}

/** @param {Filter} filter */
export function overviewLink(filter) {
  const entries = Object.entries(filter).filter(([, value]) => Boolean(value));
  return entries.length === 0 ? '/' : `/?${new URLSearchParams(entries).toString()}`;
}

/**
 * @param {Pod} pod
 * @param {string} [span]
 */
export function podLink(pod, span) {
  const of = podText(pod);
  return `/?${new URLSearchParams({ of, ...(span === undefined ? {} : { span }) }).toString()}`;
}

/**
 * @param {string} id
 * @param {number} [at] sequence of the event to show
 */
export function collectionLink(id, at) {
  return `/?${new URLSearchParams({ collection: id, ...(at === undefined ? {} : { at: String(at) }) }).toString()}`;
}

/** @param {string} asked a pod, an alert id, a fingerprint or a collection id */
export function findLink(asked) {
  return `/?${new URLSearchParams({ find: asked }).toString()}`;
}

/** @param {Pod} pod kube_context/namespace/pod, as the API takes it */
export function podText({ kubeContext, namespace, pod }) {
  return `${kubeContext}/${namespace}/${pod}`;
}

/**
 * @param {string} text kube_context/namespace/pod
 * @returns {Pod | undefined}
 */
export function podOf(text) {
  // A context may hold slashes.
  const parts = text.split('/');
  const [pod, namespace] = [parts.pop(), parts.pop()];
  const kubeContext = parts.join('/');
  return pod && namespace && kubeContext ? { kubeContext, namespace, pod } : undefined;
}
