import type { PolicyRow } from '../intake/policy.ts';
import { type Lack, lacksOfRow } from './lacks.ts';

/** What keeps a row from recording, or from finding pods, and what to do about it. */
export interface RowDetail {
  /** `row crate-slow` */
  name: string;
  sentence: string;
  action: string;
}

/** The rows that lack something, for `/ready`. */
export function detailsOf(rows: readonly PolicyRow[], lacks: readonly Lack[]): RowDetail[] {
  return rows.flatMap((row): RowDetail[] => {
    const [worst] = lacksOfRow(lacks, row);
    return worst ? [{ name: `row ${row.name}`, sentence: worst.sentence, action: worst.action }] : [];
  });
}
