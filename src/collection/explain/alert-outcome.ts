import type { EventTypeOf } from '../../events/catalogue.ts';
import { isTold, type StoredEvent } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import { cooldownScheduleSubject } from '../../events/subjects.ts';
import type { Episode } from './book.ts';
import type { Evidence, Outcome } from './explanation.ts';
import type { TodaysAnswer } from './policy-today.ts';
import { clip, errorText, spanBetween, spanOf } from '../../kernel/explain/words.ts';

/** What is known when it is asked. */
export interface Asking {
  evidence: Evidence;
  /** RFC 3339. */
  now: string;
}

/** A timer may fire this late, and its event be read before or after it. */
const timerGraceMs = 10_000;

/** What an alert has come to that no collection answers; `today` is what the policy of today says of it, where it can. */
export function outcomeOfAlert(
  { events }: Episode,
  today: TodaysAnswer | undefined,
  asking: Asking,
): Outcome {
  const last = events.findLast(isAnswer);
  const renewed = events.findLast(
    (event) => event.type === 'AlertRenewed' && event.data.reason !== 'changed',
  );
  const rejected = events.findLast((event) => event.type === 'EventRejected');
  const end = endOf(events);
  if (rejected && rejected.sequence > (last?.sequence ?? 0)) {
    const error = errorText(rejected.data.error);
    return { kind: 'rejected', sentence: `no recording: ${rejected.data.consumer} gave up on it: ${error}` };
  }
  if (renewed && renewed.sequence > (last?.sequence ?? 0) && !end) return undecided(renewed, today, asking);
  switch (last?.type) {
    case 'AlertDeclined':
      return { kind: 'declined', sentence: `no recording: ${clip(last.data.message)}` };
    case 'CollectionSuppressed':
      return last.data.reason === 'stale'
        ? { kind: 'suppressed', sentence: 'no recording: the alert was too old when it was decided' }
        : inCooldown(last, end, asking);
    case 'CooldownElapsed':
      if (end && end.sequence < last.sequence) {
        return { kind: 'resolved', sentence: 'no recording: the alert resolved during the cooldown' };
      }
      return undecided(last, today, asking);
    case 'TargetsRequested':
    case 'TargetsAttemptFailed':
    case 'TargetsFound':
    case 'TargetsNotFound':
      return searched(last, asking.now);
    default: {
      const firing = events.find((event) => event.type === 'AlertReceived' && event.data.status === 'firing');
      if (firing) return undecided(firing, today, asking);
      return { kind: 'resolved', sentence: 'no recording: only the end of the alert is on the stream' };
    }
  }
}

/** What the search for the pods of a StatefulSet has come to, where no pod was decided on since. */
function searched(event: StoredEvent<EventTypeOf<'targets'>>, now: string): Outcome {
  const { type, data, time } = event;
  const pods = `the pods of StatefulSet ${clip(data.sts)}`;
  switch (type) {
    case 'TargetsRequested':
      return { kind: 'waiting', sentence: `${pods} are being looked for, since ${spanBetween(time, now)}` };
    case 'TargetsAttemptFailed': {
      const { attempt, error, retryAt } = data;
      const next =
        retryAt === undefined ? 'there is no other attempt' : `the next attempt is not before ${retryAt}`;
      return { kind: 'waiting', sentence: `${pods} are being looked for: attempt ${String(attempt)} failed (${errorText(error)}); ${next}` }; // prettier-ignore
    }
    case 'TargetsNotFound':
      return { kind: 'declined', sentence: `no recording: ${pods} were not found: ${errorText(data.error)}` };
    case 'TargetsFound': {
      if (data.pods.length > 0)
        return { kind: 'undecided', sentence: `${pods} were found, and wait to be decided on` };
      const why = data.leftOut.map(({ message }) => clip(message)).join('; ');
      return { kind: 'suppressed', sentence: `no recording: ${pods} are all left out: ${why}` };
    }
  }
}

function isAnswer(event: StoredEvent): boolean {
  return !isTold(event) && event.type !== 'EventRejected' && event.type !== 'AlertUnanswered';
}

/** The end of the alert, unless it was told to fire after that. */
function endOf(events: readonly StoredEvent[]): StoredEvent | undefined {
  const told = events.findLast(isTold);
  return told?.data.status === 'resolved' ? told : undefined;
}

function inCooldown(
  { data, time }: StoredEvent<'CollectionSuppressed'>,
  end: StoredEvent | undefined,
  { evidence, now }: Asking,
): Outcome {
  const { until = '' } = data;
  const leftMs = millisOf(until) - millisOf(now);
  if (end && millisOf(end.time) < millisOf(until)) {
    return { kind: 'resolved', sentence: 'no recording: the alert resolved during the cooldown' };
  }
  const waited = `it has waited ${spanBetween(time, now)}`;
  const isSet = evidence.timers.has(cooldownScheduleSubject(data));
  if (!isSet && !(Math.abs(leftMs) <= timerGraceMs)) {
    const sentence = `no recording: its timer for ${until} is not on the stream (any more): nothing decides it again`;
    return { kind: 'suppressed', sentence };
  }
  const due = leftMs > 0 ? `in ${spanOf(leftMs)}` : `${spanOf(-leftMs)} ago`;
  const again = 'then it is decided again, unless it has resolved';
  // An alert about a StatefulSet waits for several.
  const which = data.searchId === undefined ? '' : `${clip(data.pod)} `;
  return {
    kind: 'waiting',
    sentence: `${which}waits for the end of the cooldown at ${until} (${due}), ${waited}; ${again}`,
  };
}

/** Nothing in the log says what the intake answered: it writes nothing where no row matches. */
function undecided(
  { type, sequence, time }: StoredEvent,
  today: TodaysAnswer | undefined,
  { evidence, now }: Asking,
): Outcome {
  const { decidedUpTo } = evidence;
  const age = `${spanBetween(time, now)} ago`;
  if (decidedUpTo !== undefined && sequence > decidedUpTo) {
    const progress = `the intake is through with everything up to #${String(decidedUpTo)}, this is #${String(sequence)} of ${age}`;
    return { kind: 'undecided', sentence: `waits to be decided: ${progress}` };
  }
  const changed =
    today?.rule === undefined ? '' : `; one does today (${clip(today.rule)}): it is for alerts to come`;
  if (decidedUpTo !== undefined) {
    const again = type === 'CooldownElapsed' ? 'decided again after the cooldown' : 'only stored';
    return { kind: 'ignored', sentence: `no recording: ${again}, no row matched then${changed}` };
  }
  const either = 'no row matched then, or the intake has not come to it';
  return { kind: 'undecided', sentence: `nothing was decided ${age}: ${either}${changed}` };
}
