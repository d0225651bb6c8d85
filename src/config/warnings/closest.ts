/**
 * The known name that a name is a slip of, such as `severity` for `severty` or `kubeContext` for `kube_context`; undefined where
 * it is known itself, or near none. In a short name one changed letter makes another word (`code`, `node`), so that there only
 * letters too few, too many or in the wrong order count.
 */
export function closest(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined;
  const folded = fold(name);
  const same = known.find((each) => fold(each) === folded);
  if (same !== undefined) return same;
  return known.find((each) => {
    const allowed = each.length >= 8 ? 2 : each.length >= 3 ? 1 : 0;
    const distance = distanceOf(folded, fold(each));
    return distance <= allowed && (each.length >= 5 || folded.length !== each.length || isSwap(folded, each));
  });
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function isSwap(a: string, b: string): boolean {
  const sorted = (text: string) => Array.from(text).sort().join('');
  return sorted(a) === sorted(b);
}

/** Letters to add, remove, change, or exchange with the next one (Damerau-Levenshtein, optimal string alignment). */
function distanceOf(a: string, b: string): number {
  let [older, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (of: readonly number[], column: number) => of[column] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(older, j - 2) + 1 : Infinity;
      next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (isSame ? 0 : 1), swapped));
    }
    [older, row] = [row, next];
  }
  return at(row, b.length);
}
