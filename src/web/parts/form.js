/**
 * The texts of a form by the names of its fields, without space around them.
 *
 * @param {FormData} form
 * @returns {Record<string, string>}
 */
export function textsOf(form) {
  return Object.fromEntries(
    [...form].map(([name, value]) => [name, typeof value === 'string' ? value.trim() : '']),
  );
}
