import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { Remote } from './http.ts';

const largestPage = 200;

export interface PagesOptions<S extends TSchema> {
  query: URLSearchParams;
  item: S;
  /** So many items at most; absent: all of them. */
  limit?: number;
  /** False: the list takes no `limit`. */
  hasPages?: boolean;
}

/**
 * The items of a list of the API, page by page, until there are no more or the limit is reached; whether there are more is
 * what it returns. Throws RemoteFailed.
 */
export async function* pagesOf<S extends TSchema>(
  remote: Remote,
  path: string,
  { query, item, limit = Infinity, hasPages = true }: PagesOptions<S>,
): AsyncGenerator<Static<S>[], boolean> {
  // Services of other versions have it as a text.
  const next = Type.Optional(Type.Union([Type.Integer(), Type.String()]));
  const Page = Type.Object({ items: Type.Array(item), next });
  let left = limit;
  for (let after: string | undefined; ;) {
    const asked = new URLSearchParams(query);
    if (hasPages) asked.set('limit', String(Math.min(left, largestPage)));
    if (after !== undefined) asked.set('after', after);
    const page = await remote.get(`${path}?${asked.toString()}`, Page);
    const items = page.items.slice(0, left);
    yield items;
    left -= items.length;
    const following = page.next?.toString();
    if (following === undefined || following === after) return false;
    if (left <= 0) return true;
    after = following;
  }
}
