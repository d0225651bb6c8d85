import { millisOf } from '../../events/instant.ts';
import type { Why } from '../../collection/by-hand/by-hand.ts';

/** What became of one collection: a new run in words, or why there is none. `missing`: there is no such collection. */
export type RedriveOutcome = { run: string } | { refused: string; missing?: boolean };

/** Which failed collections are meant: those that have all of this. */
export interface FailedFilter {
  errorCode?: string;
  kubeContext?: string;
  namespace?: string;
  prefix?: string;
  /** They failed at this time (ms since 1970) or later. */
  failedSinceMs?: number;
}

/** Redrives collections, wherever it is asked for. */
export interface Redriver {
  /** Ids of those that are meant, the newest first. */
  failed: (filter: FailedFilter) => Promise<string[]>;
  redrive: (id: string, why: Why) => Promise<RedriveOutcome>;
}

/** The ids of those that failed late enough. */
export function idsSince(
  items: readonly { id: string; endedAt?: string }[],
  failedSinceMs: number | undefined,
): string[] {
  const late =
    failedSinceMs === undefined
      ? items
      : items.filter(({ endedAt }) => millisOf(endedAt ?? '') >= failedSinceMs);
  return late.map(({ id }) => id);
}
