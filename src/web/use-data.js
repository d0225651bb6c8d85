/** What a view reads from the API, read again when something changed. */
import { html, useEffect, useRef, useState } from './preact.js';
import { get } from './api.js';

const gatherMs = 250;

/**
 * Reads a path now and whenever the key changes; a burst of changes is one reading. What was read before stays while it is
 * read again, so that nothing jumps.
 *
 * @param {string} path
 * @param {number} generation of the model; before the first nothing is read
 * @param {unknown} key
 * @returns {{ data: unknown, error: unknown }}
 */
export function useData(path, generation, key) {
  const [answer, setAnswer] = useState(
    /** @type {{ path: string, data?: unknown, error?: unknown }} */ ({ path: '' }),
  );
  const isFirst = useRef('');
  useEffect(() => {
    if (generation === 0) return;
    const stop = new AbortController();
    const read = () =>
      get(path, stop.signal).then(
        (data) => setAnswer({ path, data }),
        (/** @type {unknown} */ error) => {
          // What is there is better than nothing while the service restarts.
          if (!stop.signal.aborted)
            setAnswer((old) => (old.path === path && old.data ? old : { path, error }));
        },
      );
    const timer = setTimeout(() => void read(), isFirst.current === path ? gatherMs : 0);
    isFirst.current = path;
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, generation, key]);
  return answer.path === path
    ? { data: answer.data, error: answer.error }
    : { data: undefined, error: undefined };
}

export function Loading() {
  return html`<p class="loading" aria-live="polite">Reading the log…</p>`;
}
