import type { Plan } from '../../events/data/plan.ts';
import { retryAtAfter } from '../../kernel/react/retry.ts';
import { type Collecting, maxCutShort } from './context.ts';

// What comes after a failed attempt, by the plan and by what the log says of the run. Pure.

/** How often a code of the plan's `retry` has failed in the run. */
export type FailuresByCode = Readonly<Record<string, number>>;

/** True for an attempt that ended with its process, and not by what the pod or the collector did. */
export function isCutShort({ code }: { code: string }): boolean {
  return code === 'handed-back' || code === 'interrupted';
}

/** With one more failure of that code. Only codes of the plan's `retry` are counted. */
export function counted({ retry = [] }: Plan, failures: FailuresByCode = {}, code: string): FailuresByCode {
  if (!retry.some((each) => each.code === code)) return failures;
  return { ...failures, [code]: (failures[code] ?? 0) + 1 };
}

/** Attempts that were cut short say nothing of the pod: they have a bound of their own. */
export function areAttemptsUsedUp({ maxAttempts }: Plan, attempts: number, cutShort: number): boolean {
  return attempts - cutShort >= maxAttempts || cutShort > maxCutShort;
}

/**
 * When the attempt after a failed one may start, RFC 3339; undefined: there is none. `run` is the state before the failure.
 * The row's maxAttempts bounds all attempts; that of the code, those that fail with it. A code that has a backoff waits by
 * it, longer with each of its failures; any other waits by that of the plan, longer with each attempt.
 */
export function retryAfterFailure(
  { plan, cutShort, failures }: Pick<Collecting, 'plan' | 'cutShort' | 'failures'>,
  attempt: number,
  code: string,
  failedAt: string,
): string | undefined {
  if (areAttemptsUsedUp(plan, attempt, cutShort + (isCutShort({ code }) ? 1 : 0))) return undefined;
  if (code === 'handed-back') return failedAt;
  const own = plan.retry?.find((each) => each.code === code);
  const times = counted(plan, failures, code)[code] ?? 0;
  if (own?.maxAttempts !== undefined && times >= own.maxAttempts) return undefined;
  return own?.backoff
    ? retryAtAfter(own.backoff, times, failedAt)
    : retryAtAfter(plan.backoff, attempt, failedAt);
}
