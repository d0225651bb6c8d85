/** What the service promises of the stream and of the recordings, and the short name of each promise. */
export const promises = {
  1: 'alert-once',
  2: 'one-end',
  3: 'one-recording',
  4: 'one-at-a-time',
  5: 'state-is-replay',
  6: 'decided',
} as const;

export type PromiseNumber = keyof typeof promises;

/** What is concerned: names as events say them, whoever wrote those. */
export interface About {
  alertId?: string;
  collectionId?: string;
  run?: number;
  /** `kube_context/namespace/pod` */
  pod?: string;
  url?: string;
}

/** A promise that events of the stream break. */
export interface Violation extends About {
  promise: PromiseNumber;
  name: (typeof promises)[PromiseNumber];
  /** What is wrong. */
  what: string;
  /** Of the events concerned, ascending. */
  sequences: number[];
}

/** Something to know that breaks no promise, such as what could not be checked. */
export interface Note extends About {
  what: string;
  sequences: number[];
}

export type Report = (promise: PromiseNumber, what: string, about: About, sequences: number[]) => void;

export function violationOf(
  promise: PromiseNumber,
  what: string,
  about: About,
  sequences: number[],
): Violation {
  const ascending = [...new Set(sequences)].sort((a, b) => a - b);
  return { promise, name: promises[promise], what, ...about, sequences: ascending };
}
