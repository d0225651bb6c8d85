/**
 * The places of the page, and the addresses that say them. Pure: the service asks it, too, which addresses it is to serve.
 *
 * @import { Filter, Place, Pod } from '../data/types.ts'
 */

/**
 * Every view there is, a row each; a feature adds its own. `nav` stands in the navigation; `key`, after `g`, leads there.
 *
 * @type {readonly { view: Place['view'], path: string, nav?: string, key?: string }[]}
 */
export const places = [
  { view: 'now', path: '/', nav: 'Now', key: 'n' },
  { view: 'alerts', path: '/alerts', nav: 'Alerts', key: 'a' },
  { view: 'alert', path: '/alerts/:id' },
  { view: 'recordings', path: '/recordings', nav: 'Recordings', key: 'r' },
  { view: 'recording', path: '/recordings/:id' },
  { view: 'pods', path: '/pods', nav: 'Pods', key: 'p' },
  { view: 'pod', path: '/pods/:kubeContext/:namespace/:pod' },
  { view: 'settings', path: '/settings', nav: 'Settings', key: 's' },
  { view: 'search', path: '/search' },
];

/**
 * @param {{ pathname: string, search: string }} address
 * @returns {Place} its view is `missing` where there is none at this address
 */
export function placeOf({ pathname, search }) {
  const query = Object.fromEntries([...new URLSearchParams(search)].filter(([, value]) => value !== ''));
  for (const { view, path } of places) {
    const params = paramsOf(path, pathname);
    if (params) return { view, params, query };
  }
  return { view: 'missing', params: {}, query };
}

/**
 * @param {string} path with `:name` for a part
 * @param {string} pathname
 * @returns {Record<string, string> | undefined} undefined where it is another one
 */
function paramsOf(path, pathname) {
  const wanted = path.split('/');
  const parts = pathname.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== parts.length) return undefined;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [index, name] of wanted.entries()) {
    const part = parts[index] ?? '';
    if (!name.startsWith(':')) {
      if (name !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (!value) return undefined;
    params[name.slice(1)] = value;
  }
  return params;
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/**
 * Where an address of an earlier version leads now: `/?collection=`, `/?of=`, `/?find=`, `/?state=` and `/#/…`.
 *
 * @param {{ pathname: string, search: string, hash?: string }} address
 * @returns {string | undefined} undefined for an address of today
 */
export function movedTo({ pathname, search, hash = '' }) {
  if (pathname !== '/') return undefined;
  if (hash.startsWith('#/')) return hash.slice(1);
  const { collection, at, of, span, find, ...filter } = Object.fromEntries(new URLSearchParams(search));
  if (collection) return recordingLink(collection, Number(at) || undefined);
  if (find?.trim()) return searchLink(find.trim());
  const pod = podOf(of ?? '');
  if (pod) return podLink(pod, span);
  const known = Object.entries(filter).filter(([key, value]) => oldFilters.has(key) && value);
  return known.length === 0 ? undefined : recordingsLink(Object.fromEntries(known));
}

const oldFilters = new Set(['state', 'kubeContext', 'namespace', 'pod', 'alertname']);

/** @param {Filter} filter */
export function recordingsLink(filter) {
  return withQuery('/recordings', filter);
}

/** @param {Filter} filter */
export function alertsLink(filter) {
  return withQuery('/alerts', filter);
}

/**
 * @param {Pod} pod
 * @param {string} [span]
 */
export function podLink({ kubeContext, namespace, pod }, span) {
  return withQuery(`/pods/${[kubeContext, namespace, pod].map(encodeURIComponent).join('/')}`, { span });
}

/**
 * @param {string} id
 * @param {number} [at] sequence of the event to show
 */
export function recordingLink(id, at) {
  return withQuery(`/recordings/${encodeURIComponent(id)}`, {
    at: at === undefined ? undefined : String(at),
  });
}

/** @param {string} id of an alert, or a fingerprint */
export function alertLink(id) {
  return `/alerts/${encodeURIComponent(id)}`;
}

/** @param {string} q what is looked for */
export function searchLink(q) {
  return withQuery('/search', { q });
}

/**
 * @param {string} path
 * @param {Record<string, string | undefined>} query what is empty is left out
 */
export function withQuery(path, query) {
  const entries = /** @type {[string, string][]} */ (
    Object.entries(query).filter(([, value]) => Boolean(value))
  );
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`;
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
