import { editsBetween } from '../../kernel/edits.ts';

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
    const distance = editsBetween(folded, fold(each));
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
