/** A list that is loaded page by page. */
import { useEffect, useRef, useState } from '../preact.js';
import { get } from './api.js';

/**
 * @template T
 * @typedef {{ items: T[], next?: number }} ListPage
 */

/**
 * The pages loaded so far. `more` loads the next one, `again` begins anew with the first. When the key changes, all begins anew, and
 * what was there stays until then (`isOfKey: false`).
 *
 * @template T
 * @param {string} key
 * @param {boolean} isReady false: nothing is loaded yet
 * @param {(after: number | undefined) => Promise<ListPage<T>>} load throws ApiProblem
 */
export function usePages(key, isReady, load) {
  const [pages, setPages] = useState(
    /** @type {Partial<ListPage<T>> & { key?: string, error?: unknown }} */ ({}),
  );
  const latest = useRef(key);
  latest.current = key;
  const read = async (/** @type {typeof pages} */ before) => {
    try {
      const { items, next } = await load(before.next);
      if (latest.current !== key) return;
      setPages({ key, items: [...(before.items ?? []), ...items], ...(next === undefined ? {} : { next }) });
    } catch (error) {
      if (latest.current === key) setPages((old) => ({ ...old, error }));
    }
  };
  useEffect(() => {
    if (isReady) void read({});
  }, [key, isReady]);
  return { ...pages, isOfKey: pages.key === key, more: () => void read(pages), again: () => void read({}) };
}

/**
 * Loads a page of what the API lists.
 *
 * @param {string} path with its query
 * @param {number | undefined} after
 * @returns {Promise<unknown>}
 */
export function getPage(path, after) {
  return get(after === undefined ? path : `${path}&after=${after}`);
}
