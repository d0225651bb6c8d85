import type { StoredEvent } from '../../events/envelope.ts';
import { decidedIdOf } from '../../events/ids.ts';
import { millisOf } from '../../events/instant.ts';
import { cooldownScheduleSubject } from '../../events/subjects.ts';
import { podOf } from './history.ts';
import { type Mark, markOf } from './runs.ts';
import type { Labels, UndecidedAlert } from './undecided.ts';
import type { Report } from './promises.ts';

/** A cooldown that an alert waits for. */
export interface Cooldown {
  /** Sequence of the CollectionSuppressed. */
  id: string;
  alertId: string;
  pod: string;
  mark: Mark;
  /** RFC 3339. */
  until: string;
  /** Labels of the alert; absent where the policy that decided about it is not on the stream. */
  labels: Labels | undefined;
}

/** When a stream was read, in milliseconds since 1970 by the clock of its server, which fires the timers. */
export interface Reading {
  beganAtMs: number;
  endedAtMs: number;
}

/** So late a timer may fire, or so far the clocks of those that set it may be apart. */
const graceMs = 180_000;

/** Promise 6, of alerts that were suppressed for a cooldown: it has elapsed, or its timer exists. */
export function createCooldowns(report: Report) {
  /** By the subject of their timers: the last one of a subject counts. */
  const waiting = new Map<string, Cooldown>();
  /** Ids of suppressions: a repeat begins nothing. */
  const begun = new Set<string>();
  const timers = new Set<string>();

  return {
    seeTimer: (subject: string): void => void timers.add(subject),
    begin: (event: StoredEvent<'CollectionSuppressed'>, labels: Labels | undefined): void => {
      const { alertId, until } = event.data;
      if (until === undefined || begun.has(event.id)) return;
      begun.add(event.id);
      const mark = markOf(event);
      waiting.set(cooldownScheduleSubject(event.data), {
        id: event.id,
        alertId,
        pod: podOf(event),
        mark,
        until,
        labels,
      });
    },
    /** The cooldown that this ends; undefined where it has ended before, or its suppression is not on the stream. */
    end: ({ id, type, data }: StoredEvent<'CooldownElapsed'>): Cooldown | undefined => {
      const subject = cooldownScheduleSubject(data);
      const cooldown = waiting.get(subject);
      if (!cooldown || decidedIdOf(cooldown.id, type) !== id) return undefined;
      waiting.delete(subject);
      return cooldown;
    },
    /** Reports what waits in vain, and returns what waits. */
    finish: (settled: boolean, reading: Reading | undefined): UndecidedAlert[] =>
      [...waiting].flatMap(([subject, { alertId, pod, mark, until }]) => {
        const hasTimer = timers.has(subject);
        const isLost = settled || (reading !== undefined && !mayElapse(until, reading));
        if (hasTimer || !isLost)
          return { alertId, pod, what: 'waits for the end of the cooldown', since: mark, until };
        const what = `its timer for ${until} is gone, and there is no CooldownElapsed`;
        report(6, what, { alertId, pod }, [mark.sequence]);
        return [];
      }),
  };
}

/** True where the timer may have fired while the stream was read: before it was read, and behind what was read. */
function mayElapse(until: string, { beganAtMs, endedAtMs }: Reading): boolean {
  const untilMs = millisOf(until);
  return untilMs >= beganAtMs - graceMs && untilMs <= endedAtMs;
}
