import type { EventError } from '../../events/data/error.ts';
import type { EventTypeOf, FamilyName } from '../../events/catalogue.ts';
import type { Event } from '../../events/envelope.ts';

/** What each event of a family says, in a few words. May hold anything that a label can hold. */
export type Sentences<Name extends FamilyName> = {
  [T in EventTypeOf<Name>]: (data: Event<T>['data']) => string;
};

/** The error of an attempt in a few words, with the first line that the program wrote to stderr. */
export function shortError({ code, message, stderrTail = '' }: EventError): string {
  const said = stderrTail.trim().split('\n', 1)[0] ?? '';
  return `${code}: ${message}${said && ` (${said.slice(0, 200)})`}`;
}

export const rejectedSentences: Sentences<'rejected'> = {
  EventRejected: ({ consumer, error }) => `${consumer}: ${error.message}`,
};

/** What a failed attempt says: its error, and when the next one is. */
export function attemptFailedSentence({
  attempt,
  error,
  retryAt,
}: {
  attempt: number;
  error: EventError;
  retryAt?: string;
}): string {
  const next = retryAt === undefined ? 'no other follows' : `the next not before ${retryAt}`;
  return `attempt ${String(attempt)}: ${shortError(error)}; ${next}`;
}
