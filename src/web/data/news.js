/**
 * What a screen reader says when something changed: little, and in a storm only now and then.
 *
 * @import { FeedEvent, State, Store } from './types.ts'
 */

const quietMs = 5_000;

/**
 * @param {(text: string) => void} say
 * @returns {{ tell: (before: Store, after: Store, events: readonly FeedEvent[]) => void }}
 */
export function createNews(say) {
  /** @type {Map<string, Change>} */
  let untold = new Map();
  let isQuiet = false;
  const speak = () => {
    const text = newsOf([...untold.values()]);
    untold = new Map();
    isQuiet = text !== '';
    if (!isQuiet) return;
    say(text);
    setTimeout(speak, quietMs);
  };
  return {
    tell: (before, after, events) => {
      for (const change of changesOf(before, after, events)) untold.set(change.id, change);
      if (!isQuiet) speak();
    },
  };
}

/** @typedef {{ id: string, pod: string, state: State }} Change */

/**
 * The collections that came to another state.
 *
 * @param {Store} before
 * @param {Store} after
 * @param {readonly FeedEvent[]} events
 * @returns {Change[]}
 */
export function changesOf(before, after, events) {
  const ids = new Set(events.flatMap(({ data }) => ('collectionId' in data ? [data.collectionId] : [])));
  return [...ids].flatMap((id) => {
    const item = after.items.get(id);
    return item && item.state !== before.items.get(id)?.state
      ? [{ id, pod: item.pod, state: item.state }]
      : [];
  });
}

/**
 * @param {readonly Change[]} changes
 * @returns {string} `crate-0: failed`, or `12 uploaded, 3 failed`; empty where there is none
 */
export function newsOf(changes) {
  const [first] = changes;
  if (!first) return '';
  if (changes.length === 1) return `${first.pod}: ${first.state}`;
  /** @type {Map<State, number>} */
  const counts = new Map();
  for (const { state } of changes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
