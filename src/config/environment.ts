import { ConfigError } from './fault.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number, or `fallback` where the variable is not set. Throws ConfigError. */
export function integer(
  env: Environment,
  name: string,
  { fallback, min, max = Number.MAX_SAFE_INTEGER }: { fallback: number; min: number; max?: number },
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const bounds =
    max === Number.MAX_SAFE_INTEGER ? `of at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
  throw new ConfigError(`${name} is ${JSON.stringify(text)}; it must be a whole number ${bounds}`);
}

/** One of these words, or `fallback` where the variable is not set. Throws ConfigError. */
export function oneOf<T extends string>(
  env: Environment,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = env[name] || fallback;
  const known = allowed.find((each) => each === value);
  if (known !== undefined) return known;
  throw new ConfigError(`${name} is ${JSON.stringify(value)}; it must be one of ${allowed.join(', ')}`);
}
