/**
 * What a screen reader says when something changed: little. Pure.
 *
 * @import { FeedEvent, Store } from './types.ts'
 */

/**
 * @param {Store} before
 * @param {Store} after
 * @param {readonly FeedEvent[]} events
 * @returns {string} empty where no collection came to another state
 */
export function newsOf(before, after, events) {
  const ids = new Set(events.flatMap(({ data }) => ('collectionId' in data ? [data.collectionId] : [])));
  const changed = [...ids].flatMap((id) => {
    const item = after.items.get(id);
    return item && item.state !== before.items.get(id)?.state ? [item] : [];
  });
  const [first] = changed;
  if (!first) return '';
  return changed.length === 1 ? `${first.pod}: ${first.state}` : `${changed.length} collections changed`;
}
