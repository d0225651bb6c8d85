import type { Jvm } from '../../../events/data/circumstances.ts';
import type { Recording } from '../../../events/data/collection.ts';
import type { StoredEvent } from '../../../events/envelope.ts';
import { requestOf, type Tale } from '../book.ts';
import { commandLine, unlessIn } from '../words.ts';
import { clip, count, errorText, spanBetween, spanOf } from '../../../kernel/explain/words.ts';

// What happened in an attempt, in words.

export function started(event: StoredEvent<'CollectionAttemptStarted'>, tale: Tale | undefined) {
  const { run, attempt, by } = event.data;
  const waited = attempt === 1 ? waitBefore(event, tale) : '';
  // An attempt leaves no trace where its process is killed.
  const before = tale?.events.some(
    ({ type, data }) =>
      (type === 'CollectionAttemptFailed' || type === 'JfrCollected') &&
      data.run === run &&
      data.attempt === attempt - 1,
  );
  const cut = attempt > 1 && before === false ? `; attempt ${String(attempt - 1)} was cut off` : '';
  return {
    kind: 'attempt-started' as const,
    sentence: `${attemptName(event, tale)} began on ${clip(by.host)}${waited}${cut}`,
    ...withDetails(ran(event.data.argv)),
  };
}

export function failed(event: StoredEvent<'CollectionAttemptFailed'>, tale: Tale | undefined) {
  const began = startOf(event, tale);
  const after = began === undefined ? '' : ` after ${spanBetween(began.time, event.time)}`;
  const { argv } = event.data.error;
  // Of a collector that runs several programs: which of them failed.
  const isTold = argv?.join('\0') === began?.data.argv?.join('\0');
  return {
    kind: 'attempt-failed' as const,
    sentence: `${attemptName(event, tale)} failed${after}: ${failureText(event, tale)}`,
    ...withDetails(isTold ? [] : ran(argv)),
  };
}

function ran(argv: readonly string[] | undefined): string[] {
  return argv ? [`ran: ${commandLine(argv)}`] : [];
}

function waitBefore(event: StoredEvent<'CollectionAttemptStarted'>, tale: Tale | undefined): string {
  const cause = tale?.events.findLast(
    ({ type, data, sequence }) =>
      sequence < event.sequence &&
      (type === 'CollectionRequested' || (type === 'CollectionRedriven' && data.run === event.data.run)),
  );
  if (!cause) return '';
  const what = cause.type === 'CollectionRequested' ? 'request' : 'redrive';
  return `, ${spanBetween(cause.time, event.time)} after the ${what}`;
}

/** `outcome`: what is said in it is not said again. */
export function collected(event: StoredEvent<'JfrCollected'>, tale: Tale | undefined, outcome: string) {
  const { recording, argv, jvm, artefacts = [], notes = [], tookMs } = event.data;
  // This is how a recording is told that was staged by a process that died then.
  const how =
    tookMs === 0 ? 'had made a recording before its process died' : `made a recording in ${spanOf(tookMs)}`;
  return {
    kind: 'recorded' as const,
    sentence: `${attemptName(event, tale)} ${how}: ${recordingText(recording, outcome)}`,
    ...withDetails([
      `sha256 ${clip(recording.sha256)}`,
      ...ran(argv),
      ...(jvm ? [jvmText(jvm)] : []),
      ...artefacts.map(({ kind, name, bytes }) => `with a ${clip(kind)}: ${clip(name)}, ${bytesText(bytes)}`),
      ...notes.map((note) => `not taken: ${clip(note, 500)}`),
    ]),
  };
}

export function withDetails(details: string[]): { details?: string[] } {
  return details.length > 0 ? { details } : {};
}

function jvmText({ podUid, container, restartCount, jvmStartedAt, afterRestart }: Jvm): string {
  const which = `container ${clip(container)} of the pod with UID ${clip(podUid)}`;
  const age = `restarted ${count(restartCount, 'time')}; its JVM started at ${clip(jvmStartedAt)}`;
  const after = 'after a restart: this is not the JVM that was in trouble';
  return `${which}, ${age}${afterRestart ? `, ${after}` : ''}`;
}

/** Size and length of a recording, and whether it is one. */
function recordingText(
  { bytes, durationMs, chunks, startedAt, simulated }: Recording,
  outcome: string,
): string {
  const length = `${spanOf(durationMs)} from ${startedAt} in ${count(chunks, 'chunk')}`;
  const what = `${bytesText(bytes)}, ${length}`;
  return simulated === true ? `${what}${unlessIn(outcome, `; ${simulatedText}`)}` : what;
}

export const simulatedText = 'simulated: a sample, not a recording of the pod';

export function failureText(
  { type, data }: StoredEvent<'CollectionAttemptFailed' | 'UploadAttemptFailed'>,
  tale?: Tale,
): string {
  if (data.retryAt !== undefined) return `${errorText(data.error)}; the next one is due at ${data.retryAt}`;
  const { code } = data.error;
  const { maxAttempts = Infinity, retry } = (tale && requestOf(tale)?.data.plan) ?? {};
  const ofCode = type === 'CollectionAttemptFailed' ? retry?.find((each) => each.code === code) : undefined;
  const why =
    ofCode?.maxAttempts !== undefined && data.attempt < maxAttempts
      ? ` (its row allows ${count(ofCode.maxAttempts, 'failure')} of ${clip(code)})`
      : '';
  return `${errorText(data.error)}; there is no other${why}`;
}

function startOf({ data }: StoredEvent<'CollectionAttemptFailed'>, tale: Tale | undefined) {
  return tale?.events.find(
    (each): each is StoredEvent<'CollectionAttemptStarted'> =>
      each.type === 'CollectionAttemptStarted' &&
      each.data.run === data.run &&
      each.data.attempt === data.attempt,
  );
}

type OfAttempt = 'CollectionAttemptStarted' | 'CollectionAttemptFailed' | 'JfrCollected';

function attemptName(event: StoredEvent<OfAttempt>, tale: Tale | undefined): string {
  const plan = tale && requestOf(tale)?.data.plan;
  const all = plan ? ` of ${String(plan.maxAttempts)}` : '';
  return `attempt ${String(event.data.attempt)}${all}${ofRun(event)}`;
}

export function ofRun({ data: { run } }: { data: { run: number } }): string {
  return run > 1 ? ` of run ${String(run)}` : '';
}

export function bytesText(bytes: number): string {
  return `${bytes.toLocaleString('en-US')} bytes`;
}
