import { isPageFile } from '../http/page.ts';

const segments = /^(\/[-_.~A-Za-z0-9]+)+$/;

/** Why a path is none that a source may have, whatever else is served. */
export function pathFault(path: string): string | undefined {
  if (!segments.test(path))
    return `${path} is no path such as /alerts/webhook: segments of letters, digits and - _ . ~, each after a slash, without parameters or wildcards`;
  // Clients and proxies would send to another path.
  if (/\/\.\.?(\/|$)/.test(path))
    return `${path} has a segment . or .., which clients resolve before they send`;
  return undefined;
}

/** For probes, Prometheus and readers, also where this process does not serve the API. */
const reserved = new Set(['/health', '/ready', '/metrics', '/docs']);

/** What the API answers to a POST. A source may have what it answers to a GET alone, such as /api/v1/alerts. */
const actions = /^\/api\/v1\/(collections(\/redrive|\/[^/]+\/(redrive|cancel))?|rows\/match)$/;

/** What else has this path; undefined where it is free. */
export function collisionFault(path: string): string | undefined {
  if (actions.test(path)) return `${path} is what the API answers to a POST: choose another path`;
  if (reserved.has(path) || path.startsWith('/docs/'))
    return `${path} is a path of the service itself: choose another one`;
  if (isPageFile(path)) return `${path} is a file of the page: choose another path`;
  return undefined;
}
