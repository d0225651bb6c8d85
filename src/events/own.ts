/** A property of its own. Ids and labels come from outside: a key such as "constructor" must not find anything. */
export function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
