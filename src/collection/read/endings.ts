import type { AlertReceivedData } from '../../events/data/alert.ts';
import type { EventError } from '../../events/data/error.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { type CollectionState, hasEnded } from '../../book/collection-state.ts';
import { type AlertOutcome, isUndecided, type PodOutcome } from '../../book/outcome.ts';
import type { Policy } from '../intake/policy.ts';
import type { PodBoard } from '../pod/board.ts';
import type { CollectionSummary } from '../pod/summary.ts';
import type { Story } from './story.ts';

/** An alert that was stored, now or earlier. */
export interface StoredAlertRef {
  /** Id of its AlertReceived; null where that is not known. */
  id: string | null;
  alert: AlertReceivedData;
  /** False: it was on the stream before, and may be decided. */
  isNew: boolean;
}

/** What becomes of the recording that answers an alert. */
interface Result {
  collectionId?: string;
  state?: CollectionState;
  /** Why there is none. */
  reason?: string;
  /** RFC 3339: the alert is decided again then. */
  until?: string;
  url?: string;
  error?: EventError;
}

/** What an alert has led to so far. */
export interface AlertEnding extends Result {
  /** Nothing more comes of it, as far as it can be told now: who waits for the end of a cooldown is not waited for. */
  ended: boolean;
  decision: AlertOutcome['decision'] | null;
  /** Of an alert about a StatefulSet, once they are found. */
  pods?: PodEnding[];
}

interface PodEnding extends Result {
  pod: string;
  decision?: PodOutcome['decision'];
}

/** What endings are told by. */
export interface EndingDeps {
  board: Pick<PodBoard, 'summaries'>;
  policy: Policy;
  readStory: (summary: CollectionSummary) => Promise<Story>;
}

/** The end of an alert, or how far it is. */
export function endingOf(
  ref: StoredAlertRef,
  outcome: AlertOutcome | undefined,
  { board, policy }: EndingDeps,
): AlertEnding {
  if (!outcome) return undecided(ref, policy);
  const { decision, pods } = outcome;
  const whole = resultOf(outcome, board);
  if (!pods) return { ended: decision !== 'TargetsRequested' && isOver(whole), decision, ...whole };
  const endings = pods.map((each): PodEnding & { isOver: boolean } => {
    const result = resultOf(each, board);
    const decided = each.decision === undefined ? {} : { decision: each.decision };
    return { pod: each.pod, ...decided, ...result, isOver: !isUndecided(each) && isOver(result) };
  });
  const ended = endings.every((each) => each.isOver);
  return { ended, decision, pods: endings.map(({ isOver: _, ...each }) => each) };
}

/** Only what no row matches leaves no trace in the log: that is told by the policy of this process. */
function undecided({ id, alert }: StoredAlertRef, policy: Policy): AlertEnding {
  const nothing = (reason: string): AlertEnding => ({ ended: true, decision: null, reason });
  if (alert.status === 'resolved') return nothing('a resolved alert starts nothing');
  if (!policy.planFor(alert.labels)) return nothing('no row of collections matches: it is only stored');
  if (id === null) return nothing('it was stored earlier, under an id that is not known any more');
  return { ended: false, decision: null };
}

function resultOf({ collectionId, reason, until }: Result, board: Pick<PodBoard, 'summaries'>): Result {
  const why = { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) };
  if (collectionId === undefined) return why;
  const state = board.summaries.get(collectionId)?.state;
  return { collectionId, ...(state ? { state } : {}) };
}

function isOver({ collectionId, state }: Result): boolean {
  return collectionId === undefined || (state !== undefined && hasEnded(state));
}

/** Where recordings are, and why there is none: each collection is read once, however many alerts it answers. */
export async function withResults(
  endings: AlertEnding[],
  { board, readStory }: EndingDeps,
): Promise<AlertEnding[]> {
  const all = endings.flatMap((each): Result[] => [each, ...(each.pods ?? [])]);
  const ids = new Set(all.flatMap((each) => (each.collectionId && isOver(each) ? [each.collectionId] : [])));
  const results = new Map(
    await Promise.all(
      [...ids].map(async (id) => {
        const summary = board.summaries.get(id);
        return [id, summary ? resultIn(await readStory(summary)) : {}] as const;
      }),
    ),
  );
  const complete = <T extends Result>(each: T) => ({ ...each, ...results.get(each.collectionId ?? '') });
  return endings.map((each) => ({ ...complete(each), ...(each.pods && { pods: each.pods.map(complete) }) }));
}

function resultIn({ url, events }: Story): Pick<AlertEnding, 'url' | 'error'> {
  if (url !== undefined) return { url };
  const failed = events.findLast(({ type }) => type === 'CollectionFailed') as
    Pick<StoredEvent<'CollectionFailed'>, 'data'> | undefined;
  return failed ? { error: failed.data.error } : {};
}
