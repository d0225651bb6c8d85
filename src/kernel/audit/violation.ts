/** What a service promises: the number of each promise and its short name. */
export type Promises = Readonly<Record<number, string>>;

/** A promise that events of the stream break. `About` says what is concerned: names as events say them, whoever wrote those. */
export type ViolationOf<P extends Promises, About extends object> = About & {
  promise: keyof P & number;
  name: P[keyof P & number];
  /** What is wrong. */
  what: string;
  /** Sequences of the events concerned, ascending. */
  sequences: number[];
};

/** Something to know that breaks no promise, such as what could not be checked. */
export type NoteOf<About extends object> = About & { what: string; sequences: number[] };

export type ReportOf<P extends Promises, About extends object> = (
  promise: keyof P & number,
  what: string,
  about: About,
  sequences: number[],
) => void;

export function makeViolation<P extends Promises, About extends object>(
  promises: P,
  ...[promise, what, about, sequences]: Parameters<ReportOf<P, About>>
): ViolationOf<P, About> {
  const ascending = [...new Set(sequences)].sort((a, b) => a - b);
  return { promise, name: promises[promise], what, ...about, sequences: ascending };
}

/** By promise, then as they come on the stream. */
export function inOrder<V extends { promise: number; sequences: number[] }>(a: V, b: V): number {
  return a.promise - b.promise || (a.sequences[0] ?? 0) - (b.sequences[0] ?? 0);
}
