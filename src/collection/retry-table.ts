import { type Static, Type } from '@sinclair/typebox';
import type { Fault } from '../config/fault.ts';
import { Backoff, type Plan } from '../events/data/plan.ts';
import { retryCodes } from './failure-codes.ts';

export const maxAttempts = Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }));

/** `retry` of a row: limits of their own after failures with a code. */
export const RetryTable = Type.Record(
  Type.String(),
  Type.Composite([Type.Object({ maxAttempts }), Type.Partial(Backoff)], {
    additionalProperties: false,
    minProperties: 1,
  }),
);
type RetryTable = Static<typeof RetryTable>;

/** What the schema cannot say; `ofRow` is the row's own maxAttempts. */
export function retryFaults(table: RetryTable, ofRow: number): Fault[] {
  return Object.entries(table).flatMap(([code, ofCode]): Fault[] => {
    if (!retryCodes.includes(code)) {
      const known = retryCodes.join(', ');
      return [[['retry', code], `no attempt fails with ${code} and is tried again; codes are ${known}`]];
    }
    if ((ofCode.maxAttempts ?? 0) <= ofRow) return [];
    const message = `the row has ${String(ofRow)} attempts in all (its maxAttempts)`;
    return [[['retry', code, 'maxAttempts'], message]];
  });
}

/** The table as a plan records it; what a code does not say of its backoff is as in that of the row. */
export function retryOf(table: RetryTable, ofRow: Backoff): NonNullable<Plan['retry']> {
  return Object.entries(table).map(([code, { maxAttempts, ...backoff }]) => ({
    code,
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(Object.keys(backoff).length > 0 ? { backoff: { ...ofRow, ...backoff } } : {}),
  }));
}
