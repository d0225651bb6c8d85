import type { AlertReceivedData } from '../../events/data/alert.ts';
import type { EventError } from '../../events/data/error.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Tail } from '../../log/consume/tail.ts';
import {
  alertIdIn,
  type AlertOutcome,
  decisionIn,
  isDecisionMessage,
  outcomeOf,
} from '../../book/outcome.ts';
import type { PodBoard } from '../pod/board.ts';
import { type Policy } from '../intake/policy.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import { type CollectionSummary } from '../pod/summaries.ts';
import { type CollectionState, hasEnded } from '../../book/collection-state.ts';
import type { Story } from './story.ts';

/** An alert that was stored, now or earlier. */
export interface StoredAlertRef {
  /** Id of its AlertReceived; null where that is not known. */
  id: string | null;
  alert: AlertReceivedData;
  /** False: it was on the stream before, and may be decided. */
  isNew: boolean;
}

/** What an alert has led to so far. */
export interface AlertEnding {
  /** Nothing more comes of it, as far as it can be told now: who waits for the end of a cooldown is not waited for. */
  ended: boolean;
  decision: AlertOutcome['decision'] | null;
  collectionId?: string;
  state?: CollectionState;
  /** Why there is none. */
  reason?: string;
  /** RFC 3339: the alert is decided again then. */
  until?: string;
  url?: string;
  error?: EventError;
}

export interface WaitingDeps {
  board: Pick<PodBoard, 'watch' | 'summaries'>;
  tail: Tail;
  policy: Policy;
  /** What alerts that were stored earlier have led to, by their ids. */
  readEarlier: (alerts: readonly StoredAlertRef[]) => Promise<Map<string, AlertOutcome>>;
  readStory: (summary: CollectionSummary) => Promise<Story>;
}

/**
 * Begins to listen to decisions, so that none of an alert that is stored from now on is missed. All who wait share one
 * reader of the stream. Throws LogUnavailable.
 */
export async function openWaiting(deps: WaitingDeps) {
  const { board, tail, policy, readEarlier } = deps;
  const handle = await tail.open();
  const outcomes = new Map<string, AlertOutcome>();
  let wanted: ReadonlySet<string> | undefined;
  let onDecided: () => void = () => undefined;
  const unlisten = handle.listen((message) => {
    if (!isDecisionMessage(message)) return;
    const alertId = alertIdIn(message);
    if (wanted && !wanted.has(alertId)) return;
    const decision = decisionIn(message);
    if (!decision) return;
    outcomes.set(alertId, outcomeOf(decision));
    onDecided();
  });

  const endingOf = (ref: StoredAlertRef): AlertEnding => {
    const outcome = outcomes.get(ref.id ?? '');
    if (!outcome) return undecided(ref, policy);
    const { decision, collectionId, reason, until } = outcome;
    const why = { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) };
    if (collectionId === undefined) return { ended: true, decision, ...why };
    const state = board.summaries.get(collectionId)?.state;
    return {
      ended: state !== undefined && hasEnded(state),
      decision,
      collectionId,
      ...(state ? { state } : {}),
    };
  };

  const until = async (
    alerts: readonly StoredAlertRef[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<AlertEnding[]> => {
    wanted = new Set(alerts.flatMap(({ id }) => id ?? []));
    const earlier = alerts.filter(({ isNew, alert }) => !isNew && alert.status === 'firing');
    const before = earlier.length > 0 ? await readEarlier(earlier) : new Map<string, AlertOutcome>();
    for (const [id, outcome] of before) if (!outcomes.has(id)) outcomes.set(id, outcome);
    let open = [...alerts];
    await settled(timeoutMs, signal, (done) => {
      const check = () => {
        open = open.filter((ref) => !endingOf(ref).ended);
        if (open.length === 0) done();
      };
      const checkSoon = oncePerTurn(check);
      onDecided = checkSoon;
      const unwatch = podsOf(open).map((pod) => board.watch(pod, checkSoon));
      check();
      return () => {
        for (const end of unwatch) end();
      };
    });
    return withResults(alerts.map(endingOf), deps);
  };

  const close = () => {
    unlisten();
    handle.close();
  };
  return { until, close };
}

/** Only what no row matches leaves no trace in the log: that is told by the policy of this process. */
function undecided({ id, alert }: StoredAlertRef, policy: Policy): AlertEnding {
  const nothing = (reason: string): AlertEnding => ({ ended: true, decision: null, reason });
  if (alert.status === 'resolved') return nothing('a resolved alert starts nothing');
  if (!policy.planFor(alert.labels)) return nothing('no row of collections matches: it is only stored');
  if (id === null) return nothing('it was stored earlier, under an id that is not known any more');
  return { ended: false, decision: null };
}

function podsOf(alerts: readonly StoredAlertRef[]): string[] {
  const subjects = alerts.flatMap(({ alert }) => {
    const found = podOf(alert.labels);
    return 'pod' in found ? [podSubject(found.pod)] : [];
  });
  return [...new Set(subjects)];
}

/** Resolves when `start` calls `done`, the time is over or the signal says so; then what `start` returned is called. */
async function settled(timeoutMs: number, signal: AbortSignal, start: (done: () => void) => () => void) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = () => resolve(undefined);
  const timer = setTimeout(done, timeoutMs);
  signal.addEventListener('abort', done);
  if (signal.aborted) done();
  const end = start(done);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', done);
    end();
  }
}

/** Many events of a pod come at once: they are looked at together. */
function oncePerTurn(run: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      run();
    });
  };
}

/** Where recordings are, and why there is none: each collection is read once, however many alerts it answers. */
async function withResults(
  endings: AlertEnding[],
  { board, readStory }: WaitingDeps,
): Promise<AlertEnding[]> {
  const ids = new Set(
    endings.flatMap(({ ended, collectionId }) => (ended && collectionId ? [collectionId] : [])),
  );
  const results = new Map(
    await Promise.all(
      [...ids].map(async (id) => {
        const summary = board.summaries.get(id);
        return [id, summary ? resultIn(await readStory(summary)) : {}] as const;
      }),
    ),
  );
  return endings.map((each) => ({ ...each, ...results.get(each.collectionId ?? '') }));
}

function resultIn({ url, events }: Story): Pick<AlertEnding, 'url' | 'error'> {
  if (url !== undefined) return { url };
  const failed = events.findLast(({ type }) => type === 'CollectionFailed') as
    Pick<StoredEvent<'CollectionFailed'>, 'data'> | undefined;
  return failed ? { error: failed.data.error } : {};
}
