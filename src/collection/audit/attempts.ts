import type { Plan } from '../../events/data/plan.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { maxCutShort } from '../pod/context.ts';
import { type CollectionEvent, type AuditHistory, type RunRef, runRefOf } from './history.ts';
import type { Report } from './promises.ts';

/** What the attempts of one run have come to. */
interface Attempts {
  /** Number and sequence of the last attempt that started; none yet: undefined. */
  started?: { attempt: number; sequence: number };
  /** Sequences of the ends of collect attempts, by the attempt. */
  failed: Map<number, number>;
  /** How many attempts ended because their process did: the plan's maxAttempts is not about these. */
  cutShort: number;
  /** How many attempts failed with a code. */
  byCode: Map<string, number>;
  collected?: number;
  uploadFailed?: { attempt: number; sequence: number };
}

type Of<T extends CollectionEvent['type']> = StoredEvent<T>;

/** Promise 4, per run: attempts start in order, each ends at most once, and one of them brings the recording. */
export function createAttempts(history: AuditHistory, report: Report) {
  const runs = new Map<string, Attempts>();
  const plans = new Map<string, Plan>();

  const attemptsOf = ({ key }: RunRef): Attempts => {
    const attempts = runs.get(key) ?? newAttempts();
    runs.set(key, attempts);
    return attempts;
  };

  return (event: CollectionEvent): void => {
    const ref = runRefOf(event);
    if (!ref) return;
    const check: Check = {
      attempts: attemptsOf(ref),
      mayHaveBegun: history.mayHaveBegun(ref),
      breaks: (what, sequences = []) => report(4, what, ref.about, [...sequences, event.sequence]),
    };
    if (event.type === 'CollectionRequested') plans.set(ref.collection, event.data.plan);
    if (event.type === 'CollectionAttemptStarted') started(check, event, plans.get(ref.collection));
    if (event.type === 'CollectionAttemptFailed') failed(check, event);
    if (event.type === 'JfrCollected') collected(check, event);
    if (event.type === 'UploadAttemptFailed') uploadFailed(check, event);
  };
}

function newAttempts(): Attempts {
  return { failed: new Map(), cutShort: 0, byCode: new Map() };
}

interface Check {
  attempts: Attempts;
  /** True: there may be events of this run before the first one that is there. */
  mayHaveBegun: boolean;
  breaks: (what: string, sequences?: number[]) => void;
}

function started(check: Check, { data, sequence }: Of<'CollectionAttemptStarted'>, plan?: Plan): void {
  const { attempts, mayHaveBegun, breaks } = check;
  const { attempt } = data;
  const before = attempts.started;
  if (!before && mayHaveBegun ? attempt < 1 : attempt !== (before?.attempt ?? 0) + 1) {
    const last = before ? `attempt ${String(before.attempt)}` : 'none';
    breaks(`attempt ${String(attempt)} starts after ${last}`, before && [before.sequence]);
  }
  // Another one starts while it is under way: nobody runs it any more.
  if (before && !attempts.failed.has(before.attempt)) attempts.cutShort += 1;
  if (plan) checkPlan(check, attempt, plan);
  if (attempts.collected !== undefined)
    breaks(`attempt ${String(attempt)} starts after JfrCollected`, [attempts.collected]);
  attempts.started = { attempt, sequence };
}

function checkPlan({ attempts, breaks }: Check, attempt: number, { maxAttempts, retry = [] }: Plan): void {
  const more = Math.min(attempts.cutShort, maxCutShort);
  if (attempt > maxAttempts + more) {
    const cut = more > 0 ? ` and ${String(more)} were cut short` : '';
    breaks(`attempt ${String(attempt)} starts, but the plan has ${String(maxAttempts)}${cut}`);
  }
  for (const { code, maxAttempts: max = Infinity } of retry) {
    if ((attempts.byCode.get(code) ?? 0) < max) continue;
    breaks(`attempt ${String(attempt)} starts, but the plan has ${String(max)} that may fail with ${code}`);
  }
}

function failed(check: Check, { data, sequence }: Of<'CollectionAttemptFailed'>): void {
  const { attempts, breaks } = check;
  const { attempt, error } = data;
  const earlier = attempts.failed.get(attempt);
  if (earlier !== undefined) breaks(`attempt ${String(attempt)} ends again`, [earlier]);
  else if (!isUnderWay(check, attempt, sequence)) {
    const last = attempts.started;
    breaks(`attempt ${String(attempt)} ends, but is not under way`, last && [last.sequence]);
  }
  if (earlier === undefined) {
    if (cuttingShort.has(error.code)) attempts.cutShort += 1;
    attempts.byCode.set(error.code, (attempts.byCode.get(error.code) ?? 0) + 1);
  }
  attempts.failed.set(attempt, sequence);
}

/** Codes of errors that are not the collector's: the process was stopped, or its programs were ended. */
const cuttingShort: ReadonlySet<string> = new Set(['handed-back', 'interrupted']);

// The recording of an earlier attempt counts, too, also of one that failed: it may have been staged, and found by the
// process that went on.
function collected(check: Check, { data: { attempt }, sequence }: Of<'JfrCollected'>): void {
  const { attempts, breaks } = check;
  if (attempts.collected !== undefined) breaks('has a second JfrCollected', [attempts.collected]);
  else if (!isUnderWay(check, attempt, sequence) && !(attempt <= (attempts.started?.attempt ?? 0)))
    breaks(`attempt ${String(attempt)} brings a recording, but has not started`);
  attempts.collected ??= sequence;
}

/** True for the attempt that started last; in a run that began before the stream does, for the first one that is told of. */
function isUnderWay({ attempts, mayHaveBegun }: Check, attempt: number, sequence: number): boolean {
  if (!attempts.started && mayHaveBegun) attempts.started = { attempt, sequence };
  return attempts.started?.attempt === attempt;
}

function uploadFailed(check: Check, { data: { attempt }, sequence }: Of<'UploadAttemptFailed'>): void {
  const { attempts, mayHaveBegun, breaks } = check;
  const before = attempts.uploadFailed;
  if (!(before === undefined && mayHaveBegun) && attempt !== (before?.attempt ?? 0) + 1) {
    const last = before ? `attempt ${String(before.attempt)}` : 'none';
    breaks(`upload attempt ${String(attempt)} ends after ${last}`, before && [before.sequence]);
  }
  attempts.uploadFailed = { attempt, sequence };
}
