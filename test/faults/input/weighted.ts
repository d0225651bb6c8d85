import type { Random } from '../../support/random.ts';

/** Calls one of the functions, the more often the greater its weight. */
export function weighted<T>(
  random: Random,
  choices: readonly (readonly [weight: number, make: () => T])[],
): T {
  const precision = 1_000;
  const total = choices.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.integer(total * precision) / precision;
  const chosen = choices.find(([weight]) => (left -= weight) < 0) ?? choices.at(-1);
  if (!chosen) throw new RangeError('nothing to choose from');
  return chosen[1]();
}
