/** Moves between views without loading the page again, and with the back button. */
import { movedTo, placeOf } from './places.js';

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener told after each move */
export function onMove(listener) {
  listeners.add(listener);
  addEventListener('popstate', listener);
}

/** The place that the address says. An address of an earlier version becomes today's. */
export function here() {
  const moved = movedTo(location);
  if (moved !== undefined) history.replaceState(null, '', moved);
  return placeOf(location);
}

/**
 * @param {string} href
 * @param {{ isReplaced?: boolean }} [options] replaced: the same place said more exactly, nothing to go back to
 */
export function navigate(href, { isReplaced = false } = {}) {
  if (isReplaced) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  for (const listener of listeners) listener();
}

/** Links of the page lead to its views; those that somebody wants in another tab, and all others, are left alone. */
export function followLinks() {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.hash || link.download) return;
    if (placeOf(link).view === 'missing') return;
    event.preventDefault();
    navigate(link.pathname + link.search);
    scrollTo(0, 0);
  });
}
