import type { StoredMessage } from '../../events/envelope.ts';
import { createDriver } from '../../kernel/audit/driver.ts';
import { inOrder } from '../../kernel/audit/violation.ts';
import { isPodEvent } from '../pod/context.ts';
import { isSearchEvent } from '../targets/aggregate.ts';
import { createAlerts } from './alerts.ts';
import { createAttempts } from './attempts.ts';
import { createCollecting } from './collecting.ts';
import type { Reading } from './cooldowns.ts';
import { createDecisions } from './decisions.ts';
import { createHistory } from './history.ts';
import { createRecordings, type ExpectedRecording } from './recordings.ts';
import { createReplay } from './replay.ts';
import { createSearches } from './searches.ts';
import { createRuns, type OpenRun, type RunOutcome } from './runs.ts';
import { type Bucket, checkStrays } from './strays.ts';
import type { UndecidedAlert } from './undecided.ts';
import { type Note, type Report, type Violation, violationOf } from './promises.ts';

export interface AuditEnd {
  /** True: nothing should be under way, so a run without an end breaks its promise. */
  settled?: boolean;
  /** Ids of alerts that a sender was told are accepted. */
  accepted?: Iterable<string>;
  bucket?: Bucket;
  /** The intake is through with every message up to this sequence; absent where nobody knows. Look before the stream is read. */
  decidedUpTo?: number;
  /** Absent where nobody knows: then a timer that is gone may just have fired. */
  reading?: Reading;
  /** Subjects of the timers that were there after the stream was read. */
  timers?: Iterable<string>;
}

export interface AuditResult {
  violations: Violation[];
  notes: Note[];
  open: OpenRun[];
  /** Alerts that wait to be decided, or for the end of a cooldown. */
  waiting: UndecidedAlert[];
  /** What has to lie at the destinations: for somebody who can look there. */
  recordings: ExpectedRecording[];
  counts: {
    messages: number;
    alerts: number;
    collections: number;
    runs: Record<RunOutcome, number>;
    /** Timers of the server: no facts. */
    timers: number;
    /** Messages that are no events of the catalogue. */
    unreadable: number;
  };
}

/** A reader of a whole stream, message by message in order, that says at the end which promises its events break. */
export interface Audit {
  apply: (message: StoredMessage) => void;
  finish: (ending?: AuditEnd) => AuditResult;
}

/**
 * Pure. For promises 1 to 4, 6 and 7 it keeps books of its own and asks no machine, so that a fault in the machine is found.
 * `firstSequence` is that with which the history of the stream begins: above 1, old messages are gone.
 */
export function createAudit(firstSequence?: number): Audit {
  const violations: Violation[] = [];
  const report: Report = (...about) => violations.push(violationOf(...about));
  const history = createHistory(firstSequence);
  const alerts = createAlerts(history, report);
  const decisions = createDecisions(history, alerts, report);
  const runs = createRuns(history, report);
  const recordings = createRecordings(history, report);
  const searches = createSearches(history, report);
  // The history first: the others ask it about this event.
  const folds = [
    ...[history.apply, runs.apply, recordings.apply],
    ...[createCollecting(history, report), createAttempts(history, report), createReplay(history, report)],
  ];
  const driver = createDriver([
    {
      see: history.see,
      timer: decisions.seeTimer,
      unreadable: alerts.applyUnreadable,
      event: (event) => {
        // Before the alerts: it asks them whether they know this one.
        decisions.apply(event);
        if (event.type === 'AlertReceived') alerts.apply(event);
        else if (event.type === 'AlertRenewed') alerts.applyRenewed(event);
        else if (isPodEvent(event)) for (const fold of folds) fold(event);
        else if (isSearchEvent(event)) searches.apply(event);
        else if (event.type === 'AlertDeclined') searches.decline(event);
        else if (event.type === 'EventRejected' && event.data.consumer === 'targets')
          searches.reject(event.data.sequence);
      },
    },
  ]);

  return {
    apply: driver.apply,
    finish: ({ settled = false, accepted = [], bucket, timers = [], ...progress } = {}) => {
      const missing = alerts.finish(accepted);
      for (const timer of timers) decisions.seeTimer(timer);
      const waiting = [...decisions.finish({ settled, ...progress }), ...searches.finish(settled)];
      const open = runs.finish(settled);
      const strays = bucket ? checkStrays(bucket, recordings.isNamed, runs.outcomes(), history, report) : [];
      return {
        violations: violations.sort(inOrder),
        notes: [...history.notes(), ...decisions.notes(), ...driver.notes(), ...missing, ...strays],
        open,
        waiting,
        recordings: recordings.expected(),
        counts: {
          ...driver.counts(),
          alerts: alerts.count(),
          collections: runs.collections(),
          runs: runs.counts(),
        },
      };
    },
  };
}
