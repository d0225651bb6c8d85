import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import type { PolicyConfiguredData } from '../../events/data/policy.ts';
import { createPolicy } from '../intake/policy.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * What the policies say of an alert that may have decided about it: a row of each matches it, none does, or nobody can tell:
 * they differ, or one that may have decided is not on the stream.
 */
export type PolicyVerdict = 'matches' | 'ignored' | 'unknown';

/** In a change from one configuration or version to another, older processes go on for a while. */
const changeMs = 3_600_000;

interface InForce {
  /** Undefined: nobody can tell. */
  matches: (labels: Labels) => boolean | undefined;
  /** When another one was written. */
  untilMs: number;
}

/** The policies on the stream, as far as it has been read, in its order. */
export function createPolicies() {
  let policies: InForce[] = [];

  return {
    /** `hasUnseen`: before the first one on the stream somebody may have decided by another one. */
    apply: ({ data, storedAt }: StoredEvent<'PolicyConfigured'>, hasUnseen: boolean): void => {
      const nowMs = millisOf(storedAt);
      const before = policies.length === 0 && hasUnseen ? [unseen(nowMs)] : policies;
      const last = before.at(-1);
      if (last) last.untilMs = nowMs;
      policies = [...before.filter(mayDecideAt(nowMs)), { matches: matcherOf(data), untilMs: Infinity }];
    },
    /** By those that may have decided about an alert that was stored at that time (RFC 3339). */
    verdictOf: (labels: Labels, storedAt: string): PolicyVerdict => {
      const answers = policies.filter(mayDecideAt(millisOf(storedAt))).map(({ matches }) => matches(labels));
      const [first] = answers;
      if (first === undefined || answers.some((answer) => answer !== first)) return 'unknown';
      return first ? 'matches' : 'ignored';
    },
    /** True where a row of the last one matches. */
    lastMatches: (labels: Labels): boolean => policies.at(-1)?.matches(labels) === true,
  };
}

function mayDecideAt(nowMs: number): (policy: InForce) => boolean {
  return ({ untilMs }) => untilMs > nowMs - changeMs;
}

function unseen(untilMs: number): InForce {
  return { matches: () => undefined, untilMs };
}

function matcherOf({ rows }: PolicyConfiguredData): InForce['matches'] {
  try {
    const { planFor } = createPolicy(rows);
    return (labels) => planFor(labels) !== undefined;
  } catch {
    // A matcher that this version cannot read.
    return () => undefined;
  }
}
