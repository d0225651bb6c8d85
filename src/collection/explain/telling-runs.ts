import type { CollectionEventType } from '../../events/catalogue.ts';
import type { Jvm } from '../../events/data/circumstances.ts';
import type { Recording } from '../../events/data/collection.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { requestOf, type Tale } from './book.ts';
import type { Step } from './explanation.ts';
import { clip, count, errorText, spanBetween, spanOf } from '../../kernel/explain/words.ts';

type OfRun = Exclude<
  CollectionEventType,
  'CollectionRequested' | 'AlertAttached' | 'CollectionSuppressed' | 'CooldownElapsed'
>;

/** What happened in a run of a collection, in words. */
export function tellRun(
  event: StoredEvent<OfRun>,
  tale: Tale | undefined,
): Pick<Step, 'kind' | 'sentence' | 'details'> {
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return started(event, tale);
    case 'CollectionAttemptFailed': {
      const began = startOf(event, tale);
      const after = began === undefined ? '' : ` after ${spanBetween(began.time, event.time)}`;
      return {
        kind: 'attempt-failed',
        sentence: `${attemptName(event, tale)} failed${after}: ${failureText(event, tale)}`,
      };
    }
    case 'JfrCollected':
      return collected(event, tale);
    case 'UploadAttemptFailed': {
      const name = `upload attempt ${String(event.data.attempt)}${ofRun(event)}`;
      return { kind: 'upload-failed', sentence: `${name} failed: ${failureText(event)}` };
    }
    case 'Uploaded': {
      const { url, bytes, sha256, artefacts = [], notes = [], tookMs } = event.data;
      const what = `${bytesText(bytes)}, sha256 ${clip(sha256)}`;
      return {
        kind: 'uploaded',
        sentence: `uploaded in ${spanOf(tookMs)} to ${clip(url, 2_000)} (${what})`,
        ...withDetails([
          ...artefacts.map((artefact) => `with a ${clip(artefact.kind)} at ${clip(artefact.url, 2_000)}`),
          ...notes.map((note) => `not uploaded: ${clip(note, 500)}`),
        ]),
      };
    }
    case 'CollectionFailed': {
      const { stage, attempts, error, cancelled } = event.data;
      if (cancelled) {
        const who = `cancelled by ${clip(cancelled.by)} (${clip(cancelled.reason)})`;
        return { kind: 'failed', sentence: `${who} at the stage ${stage}${ofRun(event)}` };
      }
      const where = `failed at the stage ${stage}${ofRun(event)} after ${count(attempts, 'attempt')}`;
      return { kind: 'failed', sentence: `${where}: ${errorText(error)}` };
    }
    case 'CollectionRedriven': {
      const { run, stage, by, reason } = event.data;
      const sentence = `redriven by ${clip(by)} (${clip(reason)}): run ${String(run)} begins at the stage ${stage}`;
      return { kind: 'redriven', sentence };
    }
  }
}

function started(event: StoredEvent<'CollectionAttemptStarted'>, tale: Tale | undefined) {
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
  const where = `on ${clip(by.host)} (process ${clip(by.process)})`;
  return {
    kind: 'attempt-started' as const,
    sentence: `${attemptName(event, tale)} began ${where}${waited}${cut}`,
  };
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

function collected(event: StoredEvent<'JfrCollected'>, tale: Tale | undefined) {
  const { recording, jvm, artefacts = [], notes = [], tookMs } = event.data;
  // This is how a recording is told that was staged by a process that died then.
  const how =
    tookMs === 0 ? 'had made a recording before its process died' : `made a recording in ${spanOf(tookMs)}`;
  return {
    kind: 'recorded' as const,
    sentence: `${attemptName(event, tale)} ${how}: ${recordingText(recording)}`,
    ...withDetails([
      ...(jvm ? [jvmText(jvm)] : []),
      ...artefacts.map(({ kind, name, bytes }) => `with a ${clip(kind)}: ${clip(name)}, ${bytesText(bytes)}`),
      ...notes.map((note) => `not taken: ${clip(note, 500)}`),
    ]),
  };
}

function withDetails(details: string[]): { details?: string[] } {
  return details.length > 0 ? { details } : {};
}

function jvmText({ podUid, container, restartCount, jvmStartedAt, afterRestart }: Jvm): string {
  const which = `container ${clip(container)} of the pod with UID ${clip(podUid)}`;
  const age = `restarted ${count(restartCount, 'time')}; its JVM started at ${clip(jvmStartedAt)}`;
  const after = 'after a restart: this is not the JVM that was in trouble';
  return `${which}, ${age}${afterRestart ? `, ${after}` : ''}`;
}

/** Size, length and hash of a recording, and whether it is one. */
function recordingText({ bytes, sha256, durationMs, chunks, startedAt, simulated }: Recording): string {
  const length = `${spanOf(durationMs)} from ${startedAt} in ${count(chunks, 'chunk')}`;
  const what = `${bytesText(bytes)}, ${length}, sha256 ${clip(sha256)}`;
  return simulated === true ? `${what}; ${simulatedText}` : what;
}

export const simulatedText = 'simulated: a sample, not a recording of the pod';

function failureText(
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
    (each) =>
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

function ofRun({ data: { run } }: { data: { run: number } }): string {
  return run > 1 ? ` of run ${String(run)}` : '';
}

function bytesText(bytes: number): string {
  return `${bytes.toLocaleString('en-US')} bytes`;
}
