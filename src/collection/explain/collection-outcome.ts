import type { StoredEvent } from '../../events/envelope.ts';
import { millisOf, timeOf } from '../../events/instant.ts';
import { podSubject } from '../../events/subjects.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import type { Collecting, Uploading } from '../pod/context.ts';
import { own } from '../../events/own.ts';
import type { Asking } from './alert-outcome.ts';
import { type Book, requestOf, type Tale } from './book.ts';
import type { Outcome } from './explanation.ts';
import { actionOf } from './actions.ts';
import { ofRun, simulatedText } from './telling/attempts.ts';
import { clip, count, errorText, spanBetween, spanOf } from '../../kernel/explain/words.ts';

/** What a collection has come to, or how long it has waited, and for what. */
export function outcomeOfCollection(tale: Tale, { pods, ignored }: Book, asking: Asking): Outcome {
  const counted = tale.events.filter(({ sequence }) => !ignored.has(sequence));
  const last = counted.findLast(
    ({ type }) => type === 'Uploaded' || type === 'CollectionFailed' || type === 'CollectionRedriven',
  );
  const snapshot = pods.get(podSubject(tale.pod))?.snapshot;
  if (last?.type === 'Uploaded') return uploaded(last, tale);
  if (last?.type === 'CollectionFailed') return failed(last, snapshot);
  const rejection = tale.rejections.at(-1);
  if (rejection && rejection.sequence > (counted.at(-1)?.sequence ?? 0)) {
    const error = errorText(rejection.data.error);
    return {
      kind: 'rejected',
      sentence: `no recording yet: ${rejection.data.consumer} gave up on it: ${error}`,
    };
  }
  const current = snapshot?.context.current;
  if (current?.collectionId === tale.collectionId) return collecting(current, tale, asking);
  const upload = snapshot && own(snapshot.context.uploads, tale.collectionId);
  if (upload) return uploading(upload, asking.now);
  return {
    kind: 'unknown',
    sentence: 'nothing is known of its end: its request is not on the stream (any more), or was not taken',
  };
}

function uploaded({ data, time }: StoredEvent<'Uploaded'>, tale: Tale): Outcome {
  const request = requestOf(tale);
  const after = request ? `, ${spanBetween(request.time, time)} after the request` : '';
  const isSample = tale.events.some(
    (event) => event.type === 'JfrCollected' && event.data.recording.simulated === true,
  );
  const sample = isSample ? ` (${simulatedText})` : '';
  return { kind: 'uploaded', sentence: `recorded${after}: ${clip(data.url, 2_000)}${sample}` };
}

function failed({ data }: StoredEvent<'CollectionFailed'>, snapshot: PodSnapshot | undefined): Outcome {
  const { stage, collectionId, error, cancelled } = data;
  const what = stage === 'collect' ? 'no recording' : 'the recording is staged, but not at its destination';
  const action = cancelled ? undefined : actionOf(error.code);
  return {
    kind: 'failed',
    sentence: `${what}: ${endText(data)}; ${againText(collectionId, stage, snapshot)}`,
    ...(action === undefined ? {} : { action }),
  };
}

function endText({
  stage,
  attempts,
  error,
  cancelled,
  run,
}: StoredEvent<'CollectionFailed'>['data']): string {
  const after = `at the stage ${stage}${ofRun({ data: { run } })} after ${count(attempts, 'attempt')}`;
  if (cancelled) return `cancelled by ${clip(cancelled.by)} (${clip(cancelled.reason)}) ${after}`;
  return `failed ${after}: ${errorText(error)}`;
}

function againText(id: string, stage: 'collect' | 'upload', snapshot: PodSnapshot | undefined): string {
  if (!snapshot || own(snapshot.context.failed, id) === undefined)
    return 'it cannot be redriven any more: a pod keeps its last five failures, as far back as the stream goes';
  const first = stage === 'collect' && snapshot.context.current ? ', once the pod is not being recorded' : '';
  return `\`alert-watcher redrive ${id}\` starts it again at that stage${first}`;
}

function collecting(current: Collecting, tale: Tale, { evidence, now }: Asking): Outcome {
  const { attempts, attempt, retryAt, exhausted, plan, run } = current;
  const begin = tale.events.findLast(
    ({ type, data }) => type === 'CollectionRequested' || (type === 'CollectionRedriven' && data.run === run),
  );
  const age = `${begin?.type === 'CollectionRedriven' ? 'redriven' : 'requested'} ${spanBetween(begin?.time ?? '', now)} ago`;
  const ofRun = run > 1 ? ` of run ${String(run)}` : '';
  const nth = (number: number) => `attempt ${String(number)} of ${String(plan.maxAttempts)}${ofRun}`;
  if (attempt) return running(attempt.number, nth(attempt.number), tale, current, now);
  if (exhausted) {
    const error = current.lastError ? `: ${errorText(current.lastError)}` : '';
    return { kind: 'waiting', sentence: `no recording: ${nth(attempts)} was the last one${error}; ${age}` };
  }
  if (retryAt !== undefined) {
    return { kind: 'waiting', sentence: `waits for ${nth(attempts + 1)}, ${dueText(retryAt, now)}; ${age}` };
  }
  const ahead = evidence.ahead.get(current.collectionId);
  const place =
    ahead === undefined
      ? 'its place in the queue is not known'
      : ahead === 0
        ? 'no requested collection of another pod waits before it'
        : `${count(ahead, 'requested collection')} of other pods ${ahead === 1 ? 'waits' : 'wait'} before it`;
  return { kind: 'waiting', sentence: `waits for its turn, ${age}: ${place}` };
}

function running(number: number, name: string, tale: Tale, { run, plan }: Collecting, now: string): Outcome {
  const start = tale.events.find(
    (event): event is StoredEvent<'CollectionAttemptStarted'> =>
      event.type === 'CollectionAttemptStarted' && event.data.run === run && event.data.attempt === number,
  );
  const ranMs = millisOf(now) - millisOf(start?.time ?? '');
  const where = start ? ` on ${clip(start.data.by.host)}` : '';
  const limitMs = plan.timeoutSeconds * 1_000;
  const late =
    ranMs > limitMs
      ? `, longer than the ${spanOf(limitMs)} of the collector: it is being staged, or its process has died`
      : '';
  return { kind: 'running', sentence: `${name} has been running for ${spanOf(ranMs)}${where}${late}` };
}

/** An upload says nothing when it begins: whether it runs or waits for a place cannot be told. */
function uploading({ attempts, retryAt, lastError, collectedAt, plan }: Uploading, now: string): Outcome {
  const deadline = timeOf(millisOf(collectedAt) + plan.uploadDeadlineSeconds * 1_000);
  const next =
    retryAt === undefined || millisOf(retryAt) <= millisOf(now)
      ? `upload attempt ${String(attempts + 1)} runs or waits for its turn`
      : `upload attempt ${String(attempts + 1)} is ${dueText(retryAt, now)}`;
  const error = lastError ? `; the last one failed: ${errorText(lastError)}` : '';
  const since = `staged ${spanBetween(collectedAt, now)} ago`;
  return { kind: 'uploading', sentence: `recorded and ${since}: ${next}, tried until ${deadline}${error}` };
}

function dueText(at: string, now: string): string {
  const leftMs = millisOf(at) - millisOf(now);
  return leftMs > 0
    ? `due at ${at} (in ${spanOf(leftMs)})`
    : `due since ${at} (${spanOf(-leftMs)}): it waits for its turn`;
}
