const keepMs = 5_000;

/** Reads once for all who ask within 5 s. Undefined where it could not be read. */
export function kept<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let readAt = Number.NEGATIVE_INFINITY;
  let last: Promise<T | undefined> = Promise.resolve(undefined);
  return () => {
    if (performance.now() - readAt > keepMs) {
      readAt = performance.now();
      last = read().catch(() => undefined);
    }
    return last;
  };
}
