import { isUndecided, type AlertOutcome, type PodOutcome } from '../book/outcome.ts';
import { type AlertReceivedData, byHandSource } from '../events/data/alert.ts';

/** What a firing alert has come to, in one word. Of several pods of a StatefulSet the first of these counts. */
export const outcomeKinds = [
  ...(['recorded', 'attached', 'suppressed', 'declined'] as const),
  ...(['unmatched', 'searching', 'undecided'] as const),
];
export type OutcomeKind = (typeof outcomeKinds)[number];

/** Whether a row of `collections`, as the service has them now, means an alert with these labels. */
export type MatchesRow = (labels: Readonly<Record<string, string>>) => boolean;

const kinds = {
  CollectionRequested: 'recorded',
  AlertAttached: 'attached',
  CollectionSuppressed: 'suppressed',
  AlertDeclined: 'declined',
  TargetsRequested: 'searching',
} as const;

/** The kind of a firing alert; without an event about it, by the rows. Pure. */
export function kindOf(
  { source, labels }: Pick<AlertReceivedData, 'source' | 'labels'>,
  outcome: AlertOutcome | undefined,
  matchesRow: MatchesRow,
): OutcomeKind {
  if (!outcome) return source === byHandSource || matchesRow(labels) ? 'undecided' : 'unmatched';
  if (outcome.decision !== 'TargetsFound') return kinds[outcome.decision];
  const ofPods = new Set((outcome.pods ?? []).map(kindOfPod));
  return outcomeKinds.find((kind) => ofPods.has(kind)) ?? 'declined';
}

/** Why nothing was recorded: of the alert, or of each of its pods. */
export function reasonsIn({ reason, pods }: AlertOutcome): string[] {
  const reasons = [reason, ...(pods ?? []).map((pod) => pod.reason)];
  return [...new Set(reasons.filter((each) => each !== undefined))];
}

function kindOfPod(pod: PodOutcome): OutcomeKind {
  if (isUndecided(pod)) return 'undecided';
  return pod.decision ? kinds[pod.decision] : 'declined';
}
