import { alertRows } from './alert.ts';
import { collectionRows } from './collection.ts';
import { policyRows } from './policy.ts';
import { rejectedRows } from './rejected.ts';
import { sourceRows } from './source.ts';
import { targetsRows } from './targets.ts';

/**
 * Every event there is: the contract of the stream. To add one, add a row to its family, or a family; the compiler shows the
 * places that must know it, and `npm run schemas` writes what follows from it.
 */
export const catalogue = {
  ...alertRows,
  ...collectionRows,
  ...targetsRows,
  ...policyRows,
  ...sourceRows,
  ...rejectedRows,
} as const;
