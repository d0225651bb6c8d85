import type { Why } from '../../collection/by-hand/by-hand.ts';

/** What became of one collection: a new run in words, or why there is none. `missing`: there is no such collection. */
export type RedriveOutcome = { run: string } | { refused: string; missing?: boolean };

/** Redrives collections, wherever it is asked for. */
export interface Redriver {
  /** Ids of collections that failed at that time (ms since 1970) or later. */
  failedSince: (millis: number) => Promise<string[]>;
  redrive: (id: string, why: Why) => Promise<RedriveOutcome>;
}
