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

/** Letters inserted, left out, replaced or swapped with their neighbour (optimal string alignment). */
function editsBetween(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
