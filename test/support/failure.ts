import { AttemptFailed } from '../../src/kernel/react/failures.ts';

/** The failure that a promise ends with. */
export function failureOf(promise: Promise<unknown>): Promise<AttemptFailed> {
  return promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => (error instanceof AttemptFailed ? error : Promise.reject(error as Error)),
  );
}
