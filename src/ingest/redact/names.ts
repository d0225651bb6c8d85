import { RE2JS } from 're2js';

/** Senders make up names, too: of so many it is remembered whether they match. */
const maxRemembered = 10_000;
const longestRemembered = 256;

/**
 * Says whether a name matches one of the patterns: RE2, anchored at both ends as Alertmanager anchors, so that a plain name
 * matches itself alone. Throws where a pattern cannot be read.
 */
export function createNames(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const compiled = patterns.map((pattern) => RE2JS.compile(`^(?:${pattern})$`));
  const matches = (name: string) => compiled.some((pattern) => pattern.matcher(name).matches());
  const remembered = new Map<string, boolean>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const found = matches(name);
    if (remembered.size >= maxRemembered) remembered.clear();
    if (name.length <= longestRemembered) remembered.set(name, found);
    return found;
  };
}
