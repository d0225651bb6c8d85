import type { Backoff } from '../../events/data/plan.ts';
import { millisOf, timeOf } from '../../events/instant.ts';

/** When the attempt after number `attempt` may start, RFC 3339: exponential, from the failure's time on. */
export function retryAtAfter(backoff: Backoff, attempt: number, failedAt: string): string {
  const { initialSeconds, factor, maxSeconds } = backoff;
  const seconds = Math.min(initialSeconds * factor ** (attempt - 1), maxSeconds);
  return timeOf(millisOf(failedAt) + seconds * 1_000);
}
