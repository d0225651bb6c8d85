import type { Matcher } from './matchers.ts';

/**
 * True where every set of labels that matches all of `stronger` provably matches all of `weaker`. False where that is not so, and
 * where it cannot be told: of a regular expression only plain alternatives (`a|b`) are understood.
 */
export function implies(stronger: readonly Matcher[], weaker: readonly Matcher[]): boolean {
  return weaker.every((matcher) => impliesOne(stronger, matcher));
}

/** True where provably no labels match all of them, such as `a="x"` and `a="y"`. */
export function matchNothing(matchers: readonly Matcher[]): boolean {
  return matchers.some(({ name }) => valuesOf(matchers, name)?.length === 0);
}

function impliesOne(stronger: readonly Matcher[], wanted: Matcher): boolean {
  const isSame = ({ name, operator, value }: Matcher) =>
    name === wanted.name && operator === wanted.operator && value === wanted.value;
  if (stronger.some(isSame)) return true;
  const values = valuesOf(stronger, wanted.name);
  return values?.every((value) => matches(wanted, value)) ?? false;
}

/** The only values that a label can have; undefined where that is not known. */
function valuesOf(matchers: readonly Matcher[], name: string): string[] | undefined {
  const own = matchers.filter((matcher) => matcher.name === name);
  const candidates = own.map(alternativesOf).find((values) => values !== undefined);
  return candidates?.filter((value) => own.every((matcher) => matches(matcher, value)));
}

/** A dot is any character, so that a name with one in it is no plain alternative. */
const plain = /^[\w @/:-]*$/;

function alternativesOf({ operator, value }: Matcher): string[] | undefined {
  if (operator === '=') return [value];
  if (operator !== '=~') return undefined;
  const alternatives = value.split('|');
  return alternatives.every((each) => plain.test(each)) ? alternatives : undefined;
}

function matches({ name, matches: test }: Matcher, value: string): boolean {
  return test({ [name]: value });
}
