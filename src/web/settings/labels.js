/** Labels as people write them. Pure. */

/**
 * @param {string} text `name=value` or `name: value` in each line, the value with quotes or without
 * @returns {Record<string, string>}
 */
export function labelsOf(text) {
  const lines = text.split('\n').flatMap((line) => {
    const found = /^\s*([A-Za-z_]\w*)\s*[=:]\s*(.*?)\s*,?\s*$/.exec(line);
    return found ? [/** @type {const} */ ([found[1] ?? '', (found[2] ?? '').replace(/^"(.*)"$/, '$1')])] : [];
  });
  return Object.fromEntries(lines);
}
