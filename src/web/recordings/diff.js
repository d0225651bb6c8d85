/**
 * What differs between two states, one line per value. Pure.
 *
 * @typedef {{ path: string, before?: string, after?: string }} Difference
 */

/**
 * @param {unknown} before
 * @param {unknown} after
 * @param {string} path
 * @returns {Difference[]} in the order of the keys; an absent side has no value there
 */
export function differences(before, after, path = '') {
  const [old, now] = [recordOf(before), recordOf(after)];
  const isNothing = (/** @type {unknown} */ value) => value === undefined || value === null;
  // What appears or goes is told value by value, too.
  if ((old && now) || (old && isNothing(after)) || (now && isNothing(before))) {
    const keys = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])];
    return keys.flatMap((key) => differences(old?.[key], now?.[key], path ? `${path}.${key}` : key));
  }
  const [oldText, nowText] = [textOf(before), textOf(after)];
  if (oldText === nowText) return [];
  return [
    {
      path,
      ...(oldText === undefined ? {} : { before: oldText }),
      ...(nowText === undefined ? {} : { after: nowText }),
    },
  ];
}

/**
 * @param {unknown} value
 * @returns {string | undefined}
 */
function textOf(value) {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The values of an object by their names; those of a list of collections by the beginnings of their ids.
 *
 * @param {unknown} value
 * @returns {Record<string, unknown> | undefined}
 */
function recordOf(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return /** @type {Record<string, unknown>} */ (value);
  const items = /** @type {unknown[]} */ (value);
  return Object.fromEntries(items.map((item, index) => [idIn(item)?.slice(0, 8) ?? String(index), item]));
}

/** @param {unknown} item */
function idIn(item) {
  return typeof item === 'object' &&
    item !== null &&
    'collectionId' in item &&
    typeof item.collectionId === 'string'
    ? item.collectionId
    : undefined;
}
