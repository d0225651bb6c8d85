import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { MatcherSyntaxError, parseMatcher } from '../kernel/matchers.ts';

/** The environment or the configuration file is wrong; the message says what, where, and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** What is wrong in the file, where that is known one by one. */
  readonly faults: readonly PlacedFault[];

  constructor(message: string, options: ErrorOptions & { faults?: readonly PlacedFault[] } = {}) {
    super(message, options);
    this.faults = options.faults ?? [];
  }
}

/** A fault, and where it is in the file. */
export interface PlacedFault {
  /** Its keys, with dots. */
  where: string;
  line?: number;
  message: string;
}

/** What is wrong at a place of the configuration file. */
export type Fault = [keys: string[], message: string];

/** What a schema finds wrong; the first message about a place says most. */
export function errorsOf(schema: TSchema, value: unknown): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { path, message } of Value.Errors(schema, value)) {
    if (seen.has(path)) continue;
    seen.add(path);
    faults.push([path.split('/').slice(1).map(unescapePointer), message]);
  }
  return faults;
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Matchers that cannot be read, each with its place. */
export function matcherFaults(matchers: readonly string[], keys: string[]): Fault[] {
  return matchers.flatMap((matcher, index): Fault[] => {
    try {
      parseMatcher(matcher);
      return [];
    } catch (error) {
      if (!(error instanceof MatcherSyntaxError)) throw error;
      return [[[...keys, String(index)], error.message]];
    }
  });
}
