import { makeViolation, type NoteOf, type ReportOf, type ViolationOf } from '../../kernel/audit/violation.ts';

/** What the service promises of the stream and of the recordings, and the short name of each promise. */
export const promises = {
  1: 'alert-once',
  2: 'one-end',
  3: 'one-recording',
  4: 'one-at-a-time',
  5: 'state-is-replay',
  6: 'decided',
  7: 'search-ends',
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

export type Violation = ViolationOf<typeof promises, About>;
export type Note = NoteOf<About>;
export type Report = ReportOf<typeof promises, About>;

export function violationOf(...about: Parameters<Report>): Violation {
  return makeViolation(promises, ...about);
}
