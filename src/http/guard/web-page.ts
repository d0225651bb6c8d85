import type { Headers } from './credentials.ts';

// Browsers put these headers on what a page sends, and no page can leave them out or change them.

/** True for what a page has sent, of this site or of another. */
export function isOfPage({ origin, 'sec-fetch-site': site }: Headers): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none');
}
