import type { EventError } from '../../../events/data/error.ts';
import { isTold, type StoredEvent } from '../../../events/envelope.ts';
import { foldedStep, type WordsOf } from '../../../kernel/explain/step.ts';
import { clip, spanBetween } from '../../../kernel/explain/words.ts';
import { episodeKey } from '../book.ts';
import type { Step, StepKind } from '../explanation.ts';
import { ofRun } from './attempts.ts';

/** An event and the steps that tell it. */
export interface ToldEvent {
  event: StoredEvent;
  steps: Step[];
}

/** So many errors are told one by one, and so many names of alerts. */
const [maxReasons, maxNames] = [4, 3];

/**
 * The steps of a chapter, those that belong together as one: failed attempts, alerts that were attached or that resolved. Each
 * stands where the first of them happened.
 */
export function folded(told: readonly ToldEvent[]): Step[] {
  const attached = new Set(
    told.flatMap(({ event }) => (event.type === 'AlertAttached' ? episodeKey(event.data) : [])),
  );
  const failed = new Set(
    told.flatMap(({ event }) => (event.type === 'CollectionAttemptFailed' ? attemptOf(event) : [])),
  );
  const groups = new Map<string, ToldEvent[]>();
  const groupIn = new Map<ToldEvent, ToldEvent[]>();
  for (const each of told) {
    const name = groupOf(each, attached, failed);
    if (name === undefined) continue;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(each);
    groupIn.set(each, group);
  }
  return told.flatMap((each) => {
    const group = groupIn.get(each) ?? [];
    const shown = shownOf(group);
    if (shown.length === 0) return each.steps;
    return shown[0] === each ? [stepFor(group, shown)] : [];
  });
}

/** What an event belongs to; undefined for what is told by itself. */
function groupOf(
  { event, steps }: ToldEvent,
  attached: ReadonlySet<string>,
  failed: ReadonlySet<string>,
): string | undefined {
  if (steps.some(({ counts }) => counts === false)) return undefined;
  if (isTold(event) && event.data.status === 'resolved') return 'resolved';
  switch (event.type) {
    case 'AlertAttached':
      return 'attached';
    case 'AlertReceived':
      return attached.has(episodeKey(event.data)) ? 'attached' : undefined;
    case 'AlertRenewed':
      return `renewed ${event.data.reason}`;
    case 'CollectionAttemptStarted':
    case 'CollectionAttemptFailed':
      return failed.has(attemptOf(event)) ? `attempts ${String(event.data.run)}` : undefined;
    case 'UploadAttemptFailed':
      return `uploads ${String(event.data.run)}`;
    case 'TargetsAttemptFailed':
      return 'searches';
    default:
      return undefined;
  }
}

/** What of a group its step tells; nothing where there is only one of what is counted. */
function shownOf(group: readonly ToldEvent[]): readonly ToldEvent[] {
  const counted = group.filter(({ event }) => !isBeginning(event));
  if (counted.length < 2) return [];
  // That an alert was received is told by its being attached.
  return counted[0]?.event.type === 'AlertAttached' ? counted : group;
}

/** One step for all of them. */
function stepFor(group: readonly ToldEvent[], shown: readonly ToldEvent[]): Step {
  const counted = group.map(({ event }) => event).filter((event) => !isBeginning(event));
  const [first, last] = [counted[0], counted.at(-1)];
  if (!first || !last) throw new Error('nothing cannot be folded');
  const steps = shown.flatMap((each) => each.steps);
  const span = spanBetween(steps[0]?.at ?? first.time, last.time);
  return foldedStep(wordsFor(first, counted, span), counted.length, steps);
}

function isBeginning({ type, data }: StoredEvent): boolean {
  return type === 'CollectionAttemptStarted' || (type === 'AlertReceived' && data.status === 'firing');
}

function wordsFor(first: StoredEvent, events: readonly StoredEvent[], span: string): WordsOf<StepKind> {
  const number = String(events.length);
  switch (first.type) {
    case 'AlertAttached':
      return {
        kind: 'attached',
        sentence: `${number} alerts attached within ${span}: ${namesIn(events)}; the pod was being recorded already`,
      };
    case 'CollectionAttemptFailed':
      return {
        kind: 'attempt-failed',
        sentence: `${number} attempts${ofRun(first)} failed: ${reasonsIn(events)}; ${span}`,
      };
    case 'UploadAttemptFailed':
      return { kind: 'upload-failed', sentence: `${number} upload attempts${ofRun(first)} failed: ${reasonsIn(events)}; ${span}` }; // prettier-ignore
    case 'TargetsAttemptFailed':
      return {
        kind: 'told',
        sentence: `${number} searches for the pods failed: ${reasonsIn(events)}; ${span}`,
      };
    default: {
      const isEnd = isTold(first) && first.data.status === 'resolved';
      return isEnd
        ? { kind: 'resolved', sentence: `${number} alerts resolved within ${span}: ${namesIn(events)}` }
        : { kind: 'renewed', sentence: `told again ${number} times within ${span}: ${namesIn(events)}` };
    }
  }
}

/** `exit code 1, exit code 1, timed out`; of many how often each was. */
function reasonsIn(events: readonly StoredEvent[]): string {
  const reasons = events.flatMap(({ data }) => ('error' in data ? reasonOf(data.error) : []));
  return reasons.length <= maxReasons ? reasons.join(', ') : tallyOf(reasons, maxReasons);
}

function reasonOf({ code, exitCode }: EventError): string {
  if (exitCode !== undefined) return `exit code ${String(exitCode)}`;
  return code === 'collector-timeout' ? 'timed out' : clip(code).replaceAll('-', ' ');
}

function namesIn(events: readonly StoredEvent[]): string {
  return tallyOf(events.map(nameOf), maxNames);
}

function nameOf({ data }: StoredEvent): string {
  const name =
    'labels' in data
      ? Object.hasOwn(data.labels, 'alertname') && data.labels['alertname']
      : 'alertname' in data && data.alertname;
  return clip(name || '(no alertname)');
}

/** `60 × A, 40 × B, 3 others`, the most frequent first. */
function tallyOf(texts: readonly string[], most: number): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (counts.size === 1) return [...counts.keys()].join();
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const others = sorted.slice(most).reduce((sum, [, number]) => sum + number, 0);
  const told = sorted.slice(0, most).map(([text, number]) => `${String(number)} × ${text}`);
  return [...told, ...(others > 0 ? [`${String(others)} others`] : [])].join(', ');
}

function attemptOf({ data }: StoredEvent<'CollectionAttemptStarted' | 'CollectionAttemptFailed'>): string {
  return `${String(data.run)}/${String(data.attempt)}`;
}
