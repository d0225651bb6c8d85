/** What a view reads from the API, read again when something changed. */
import { html, useEffect, useRef, useState } from '../preact.js';
import { get } from './api.js';

const usualMs = 1_000;

/** @typedef {{ path: string, data?: unknown, error?: unknown }} Answer */

/**
 * Reads a path now and again when the key changes, but not more often than once in `leastMs`. What was read before stays while
 * it is read again, so that nothing jumps; an error goes when the next reading succeeds.
 *
 * @param {string} path
 * @param {number} generation of the model; before the first nothing is read
 * @param {unknown} key
 * @param {number} [leastMs] longer for what is costly to read
 * @returns {{ data: unknown, error: unknown }}
 */
export function useData(path, generation, key, leastMs = usualMs) {
  const [answer, setAnswer] = useState(/** @type {Answer} */ ({ path: '' }));
  const reader = useRef(/** @type {ReturnType<typeof readerOf> | undefined} */ (undefined));
  useEffect(() => {
    const made = readerOf(path, leastMs, setAnswer);
    reader.current = made;
    return made.stop;
  }, [path]);
  useEffect(() => {
    if (generation > 0) reader.current?.read();
  }, [path, generation, key]);
  return answer.path === path
    ? { data: answer.data, error: answer.error }
    : { data: undefined, error: undefined };
}

/**
 * @param {string} path
 * @param {number} leastMs
 * @param {(next: Answer | ((old: Answer) => Answer)) => void} tell
 */
function readerOf(path, leastMs, tell) {
  const stop = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let [isBusy, isWanted] = [false, false];
  const read = async () => {
    [isBusy, isWanted] = [true, false];
    try {
      tell({ path, data: await get(path, stop.signal) });
    } catch (error) {
      // What is there is better than nothing while the service restarts: the status says that it is old.
      if (!stop.signal.aborted) tell((old) => (old.path === path && old.data ? old : { path, error }));
    }
    timer = setTimeout(() => {
      isBusy = false;
      if (isWanted && !stop.signal.aborted) void read();
    }, leastMs);
  };
  return {
    read: () => {
      if (isBusy) isWanted = true;
      else void read();
    },
    stop: () => {
      clearTimeout(timer);
      stop.abort();
    },
  };
}

export function Loading() {
  return html`<p class="loading" aria-live="polite">Reading the log…</p>`;
}
