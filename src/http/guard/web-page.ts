import type { Headers } from './credentials.ts';

// Browsers put these headers on what a page sends, and no page can leave them out or change them.

/** True for what a page has sent, of this site or of another. */
export function isOfPage({ origin, 'sec-fetch-site': site }: Headers): boolean {
  return origin !== undefined || (site !== undefined && site !== 'none');
}

/** True for what a page of another site than `host` has sent. Browsers name the Origin of every POST, others leave it out. */
export function isOfOtherPage({ origin, 'sec-fetch-site': site }: Headers, host: string): boolean {
  // It says where a page is from also where a proxy has put another Host there.
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const at = typeof origin === 'string' ? URL.parse(origin) : null;
  return origin !== undefined && (at === null || at.host !== URL.parse(`${at.protocol}//${host}`)?.host);
}
