import type { AlertReceivedData } from '../../events/data/alert.ts';
import { podSubject } from '../../events/subjects.ts';
import type { Tail } from '../../log/consume/tail.ts';
import {
  alertIdIn,
  type AlertOutcome,
  decisionIn,
  isDecisionMessage,
  outcomeAfter,
} from '../../book/outcome.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import type { PodBoard } from '../pod/board.ts';
import { type AlertEnding, type EndingDeps, endingOf, type StoredAlertRef, withResults } from './endings.ts';

export interface WaitingDeps extends EndingDeps {
  board: Pick<PodBoard, 'watch' | 'summaries'>;
  tail: Tail;
  /** What alerts that were stored earlier have led to, by their ids. */
  readEarlier: (alerts: readonly StoredAlertRef[]) => Promise<Map<string, AlertOutcome>>;
}

/**
 * Begins to listen to decisions, so that none of an alert that is stored from now on is missed. All who wait share one
 * reader of the stream. Throws LogUnavailable.
 */
export async function openWaiting(deps: WaitingDeps) {
  const { board, tail, readEarlier } = deps;
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
    outcomes.set(alertId, outcomeAfter(outcomes.get(alertId), decision));
    onDecided();
  });

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
        open = open.filter((ref) => !endingOf(ref, outcomes.get(ref.id ?? ''), deps).ended);
        if (open.length === 0) done();
      };
      const checkSoon = oncePerTurn(check);
      const watched = new Map<string, () => void>();
      const watch = (subjects: readonly string[]) => {
        for (const subject of subjects)
          if (!watched.has(subject)) watched.set(subject, board.watch(subject, checkSoon));
      };
      // Those of a StatefulSet are known once they are found.
      const watchFound = () =>
        watch(open.flatMap(({ id, alert }) => podsFound(alert, outcomes.get(id ?? ''))));
      onDecided = () => {
        watchFound();
        checkSoon();
      };
      watch(podsOf(open));
      watchFound();
      check();
      return () => {
        for (const end of watched.values()) end();
      };
    });
    return withResults(
      alerts.map((ref) => endingOf(ref, outcomes.get(ref.id ?? ''), deps)),
      deps,
    );
  };

  const close = () => {
    unlisten();
    handle.close();
  };
  return { until, close };
}

function podsOf(alerts: readonly StoredAlertRef[]): string[] {
  const subjects = alerts.flatMap(({ alert }) => {
    const found = podOf(alert.labels);
    return 'pod' in found ? [podSubject(found.pod)] : [];
  });
  return [...new Set(subjects)];
}

function podsFound({ labels }: AlertReceivedData, outcome: AlertOutcome | undefined): string[] {
  const { kube_context: kubeContext = '', namespace = '' } = labels;
  return (outcome?.pods ?? []).map(({ pod }) => podSubject({ kubeContext, namespace, pod }));
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
