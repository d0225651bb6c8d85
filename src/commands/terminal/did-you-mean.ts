import { editsBetween } from '../../kernel/edits.ts';

const maxEdits = 3;
/** A word of which less than this part stays is another one. */
const leastAlike = 0.5;

/** ` (did you mean storm?)`, or nothing where no candidate is like the word. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  // Long ones come from somebody who means something else, and would take their time.
  const ranked = candidates
    .filter(({ length }) => length <= 100 && Math.abs(length - word.length) <= maxEdits)
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= maxEdits && isAlike(edits, word, candidate))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked.filter(({ edits }) => edits === ranked[0]?.edits).map(({ candidate }) => candidate);
  return best.length === 0 ? '' : ` (did you mean ${best.join(' or ')}?)`;
}

function isAlike(edits: number, word: string, candidate: string): boolean {
  return edits <= Math.max(word.length, candidate.length) * (1 - leastAlike);
}
