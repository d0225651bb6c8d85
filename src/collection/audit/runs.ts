import type { StoredEvent } from '../../events/envelope.ts';
import {
  begins,
  type CollectionEvent,
  collectionOf,
  type AuditHistory,
  podOf,
  runKey,
  type RunRef,
  runRefOf,
} from './history.ts';
import type { Report } from './promises.ts';

/** One event, to be told of. */
export interface Mark {
  type: string;
  sequence: number;
  /** RFC 3339. */
  storedAt: string;
  /** It is the end of a run by somebody's hand. */
  isCancel?: true;
}

export type RunOutcome = 'uploaded' | 'failed' | 'cancelled' | 'open';

/** A run without an end. */
export interface OpenRun {
  collectionId: string;
  run: number;
  pod: string;
  /** The event with which it began, or the first one that is there. */
  since: Mark;
  last: Mark;
}

interface Run {
  ref: RunRef;
  first: Mark;
  last: Mark;
  begun: boolean;
  end?: Mark;
  /** Events of a run that has not begun. */
  stray: number[];
}

/** Promise 2: every run of a collection ends in exactly one of Uploaded or CollectionFailed. */
export function createRuns(history: AuditHistory, report: Report) {
  const runs = new Map<string, Run>();
  const latest = new Map<string, Run>();

  const runOf = (ref: RunRef, mark: Mark): Run => {
    const run = runs.get(ref.key) ?? { ref, first: mark, last: mark, begun: false, stray: [] };
    runs.set(ref.key, run);
    latest.set(ref.collection, run);
    return run;
  };
  const outcomeOf = ({ ref, begun, end }: Run): RunOutcome | undefined => {
    if (end) return end.isCancel ? 'cancelled' : end.type === 'Uploaded' ? 'uploaded' : 'failed';
    return begun || history.mayHaveBegun(ref) ? 'open' : undefined;
  };

  return {
    apply: (event: CollectionEvent): void => {
      if (event.type === 'AlertAttached') checkAttached(event, latest, history, report);
      const ref = runRefOf(event);
      if (!ref) return;
      const isCancel = event.type === 'CollectionFailed' && event.data.cancelled !== undefined;
      const mark: Mark = { ...markOf(event), ...(isCancel ? { isCancel } : {}) };
      const run = runOf(ref, mark);
      if (begins(event)) {
        if (run.begun)
          report(2, `begins again: ${mark.type}`, ref.about, [run.first.sequence, mark.sequence]);
        else if (event.type === 'CollectionRedriven') checkRedriven(ref, mark, runs, history, report);
        run.begun = true;
      } else {
        checkFollows(run, mark, history, report);
      }
      run.last = mark;
    },

    finish: (settled: boolean): OpenRun[] => {
      const open: OpenRun[] = [];
      for (const run of runs.values()) {
        const { about } = run.ref;
        if (run.stray.length > 0) report(2, run.begun ? 'has events before it begins' : 'was never requested', about, run.stray); // prettier-ignore
        if (outcomeOf(run) !== 'open') continue;
        open.push({ ...about, since: run.first, last: run.last });
        const ends = [run.first.sequence, run.last.sequence];
        if (settled) report(2, `has no end: its last event is ${run.last.type}`, about, ends);
      }
      return open;
    },

    /** By collection id and number of the run, as names of recordings hold them. */
    outcomes: (): Map<string, RunOutcome> => {
      const outcomes = new Map<string, RunOutcome>();
      // What began counts before what was never requested, on another pod say.
      for (const run of [...runs.values()].sort((a, b) => Number(a.begun) - Number(b.begun))) {
        const outcome = outcomeOf(run);
        const { collectionId, run: number } = run.ref.about;
        if (outcome) outcomes.set(runKey(collectionId, number), outcome);
      }
      return outcomes;
    },

    counts: (): Record<RunOutcome, number> => {
      const counts = { uploaded: 0, failed: 0, cancelled: 0, open: 0 };
      for (const run of runs.values()) {
        const outcome = outcomeOf(run);
        if (outcome) counts[outcome] += 1;
      }
      return counts;
    },

    collections: () => latest.size,
  };
}

export function markOf({ type, sequence, storedAt }: StoredEvent): Mark {
  return { type, sequence, storedAt };
}

function checkFollows(run: Run, mark: Mark, history: AuditHistory, report: Report): void {
  const { about } = run.ref;
  if (!run.begun && !history.mayHaveBegun(run.ref)) run.stray.push(mark.sequence);
  const isEnd = mark.type === 'Uploaded' || mark.type === 'CollectionFailed';
  if (run.end) {
    const what = isEnd ? `ends again: ${mark.type} after` : `goes on after its end: ${mark.type} after`;
    report(2, `${what} ${run.end.type}`, about, [run.end.sequence, mark.sequence]);
  } else if (isEnd) {
    run.end = mark;
  }
}

function checkRedriven(
  { about, collection }: RunRef,
  { sequence }: Mark,
  runs: ReadonlyMap<string, Run>,
  history: AuditHistory,
  report: Report,
): void {
  const before = runs.get(runKey(collection, about.run - 1));
  if (!before) {
    if (!history.mayBePast(collection)) report(2, 'is a redrive of a run that never was', about, [sequence]);
    return;
  }
  if (before.end?.type === 'CollectionFailed') return;
  report(2, 'is a redrive of a run that had not failed', about, [before.last.sequence, sequence]);
}

function checkAttached(
  event: CollectionEvent & { type: 'AlertAttached' },
  latest: ReadonlyMap<string, Run>,
  history: AuditHistory,
  report: Report,
): void {
  const collection = collectionOf(event) ?? '';
  const { collectionId, alertId } = event.data;
  const about = { alertId, collectionId, pod: podOf(event) };
  const run = latest.get(collection);
  if (run?.end) {
    report(2, `is attached after ${run.end.type}`, about, [run.end.sequence, event.sequence]);
  } else if (!run && !history.mayBePast(collection)) {
    report(2, 'is attached to a collection that was never requested', about, [event.sequence]);
  }
}
