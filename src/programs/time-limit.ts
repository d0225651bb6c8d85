import { AttemptFailed } from '../kernel/react/failures.ts';

/** A signal that is aborted after so many seconds, with `collector-timeout` as its reason; disposed of, it never is. */
export function timeLimit(seconds: number, what: string): Disposable & { signal: AbortSignal } {
  const limit = new AbortController();
  const timer = setTimeout(
    () =>
      limit.abort(new AttemptFailed('collector-timeout', `${what} took longer than ${String(seconds)} s`)),
    seconds * 1_000,
  );
  return { signal: limit.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
