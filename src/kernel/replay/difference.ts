/** What two states differ in: each line is a path and its value, such as `current.attempts: 1`. */
export interface Difference {
  removed: string[];
  added: string[];
}

/** Compares two JSON values leaf by leaf. Lists are compared as sets: one that slides would differ in every place. */
export function differenceOf(before: unknown, after: unknown): Difference {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  const [wasSet, isSet] = [new Set(was), new Set(is)];
  return {
    removed: was.filter((line) => !isSet.has(line)),
    added: is.filter((line) => !wasSet.has(line)),
  };
}

/** Nothing, `{}` and `[]` have no leaves: what appears in them is added, and that is all. */
function leavesOf(value: unknown, path = ''): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((each) => leavesOf(each, `${path}[]`));
  if (typeof value !== 'object') return [`${path}: ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, path === '' ? key : `${path}.${key}`));
}
