interface Kept<T> {
  answer: Promise<T>;
  at: number;
}

const maxKept = 20;

/**
 * Keeps answers for a while: many ask the same at once, or again within moments. One that fails is not kept.
 *
 * @param seconds so long
 */
export function createKept<T>(seconds: number): (key: string, read: () => Promise<T>) => Promise<T> {
  const answers = new Map<string, Kept<T>>();
  return (key, read) => {
    const now = performance.now();
    for (const [each, { at }] of answers)
      if (now - at > seconds * 1_000 || answers.size > maxKept) answers.delete(each);
    const known = answers.get(key);
    if (known) return known.answer;
    const kept = { answer: read(), at: now };
    answers.set(key, kept);
    kept.answer.catch(() => {
      if (answers.get(key) === kept) answers.delete(key);
    });
    return kept.answer;
  };
}
