import { type CollectionState, hasEnded } from '../../book/collection-state.ts';
import type { CollectionEventType } from '../../events/catalogue.ts';
import type { StoredEvent } from '../../events/envelope.ts';

/** What the index keeps of one collection; the rest is a replay of its range of the log. */
export interface CollectionSummary {
  id: string;
  state: CollectionState;
  kubeContext: string;
  namespace: string;
  pod: string;
  alertname?: string;
  /** RFC 3339. */
  requestedAt: string;
  /** RFC 3339; present once it is uploaded or failed. */
  endedAt?: string;
  /** When it came into its state, RFC 3339; absent once it has ended. */
  since?: string;
  /** Present where the recording is a sample and not one of the pod. */
  simulated?: true;
  /** The last failure of its run, until the stage succeeds. The message is cut. */
  error?: SummaryError;
  /** Of the recording. */
  bytes?: number;
  /** Of the plan. */
  durationSeconds: number;
  collector: string;
  /** Name of the row of `collections`. */
  rule: string;
  /** 1, and one more with each redrive. */
  run: number;
  /** Begun in this run at its present stage, collect or upload. */
  attempts: number;
  /** Sequences of its first and its last event so far. */
  firstSequence: number;
  lastSequence: number;
}

export interface SummaryError {
  stage: 'collect' | 'upload';
  code: string;
  message: string;
}

/** The events that one collection has. */
export type EventOfCollection = StoredEvent<
  Exclude<CollectionEventType, 'CollectionSuppressed' | 'CooldownElapsed'>
>;

/** Gives the same text as one object, however often it is read anew from the log. */
export type Share = (text: string) => string;

const maxMessage = 200;

/** The summary of a collection that has just been requested. Pure, as what follows. */
export function summaryOf(
  { data, time, sequence }: StoredEvent<'CollectionRequested'>,
  share: Share,
): CollectionSummary {
  const { collectionId: id, kubeContext, namespace, pod, trigger, plan } = data;
  return {
    ...{ id, state: 'requested', kubeContext: share(kubeContext), namespace: share(namespace), pod },
    ...(trigger.alertname === undefined ? {} : { alertname: share(trigger.alertname) }),
    ...{ requestedAt: time, since: time, durationSeconds: plan.durationSeconds },
    ...{ collector: share(plan.collector), rule: share(plan.rule), run: 1, attempts: 0 },
    ...{ firstSequence: sequence, lastSequence: sequence },
  };
}

/** The summary after an event that the pod's machine took. */
export function summaryAfter(
  known: CollectionSummary,
  event: EventOfCollection,
  share: Share,
): CollectionSummary {
  const { endedAt: _, since, ...rest } = known;
  const state = stateAfter(event, known.state);
  const inState = state === known.state ? (since ?? known.requestedAt) : event.time;
  const times = hasEnded(state) ? { endedAt: event.time } : { since: inState };
  return { ...withEffort(rest, event, share), state, lastSequence: event.sequence, ...times };
}

function stateAfter(event: EventOfCollection, state: CollectionState): CollectionState {
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return 'collecting';
    case 'JfrCollected':
      return 'uploading';
    case 'Uploaded':
      return 'uploaded';
    case 'CollectionFailed':
      return event.data.cancelled ? 'cancelled' : 'failed';
    case 'CollectionRedriven':
      return event.data.stage === 'collect' ? 'requested' : 'uploading';
    case 'CollectionRequested':
    case 'AlertAttached':
    case 'CollectionAttemptFailed':
    case 'UploadAttemptFailed':
      return state;
  }
}

/** What the attempts have come to. */
function withEffort(
  known: Omit<CollectionSummary, 'endedAt' | 'since'>,
  event: EventOfCollection,
  share: Share,
): Omit<CollectionSummary, 'endedAt' | 'since'> {
  const { error: _error, ...well } = known;
  const failed = (stage: SummaryError['stage'], { code, message }: { code: string; message: string }) => ({
    error: { stage, code: share(code), message: share(cut(message)) },
  });
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return { ...known, attempts: event.data.attempt };
    case 'CollectionAttemptFailed':
      return { ...known, ...failed('collect', event.data.error) };
    case 'UploadAttemptFailed':
      return { ...known, attempts: event.data.attempt, ...failed('upload', event.data.error) };
    case 'JfrCollected': {
      const { bytes, simulated } = event.data.recording;
      return { ...well, attempts: 0, bytes, ...(simulated === true ? { simulated } : {}) };
    }
    case 'Uploaded':
      return { ...well, attempts: event.data.attempt };
    case 'CollectionFailed':
      return { ...known, ...failed(event.data.stage, event.data.error) };
    case 'CollectionRedriven': {
      const { bytes, ...without } = well;
      const kept = event.data.stage === 'upload' && bytes !== undefined ? { bytes } : {};
      return { ...without, ...kept, run: event.data.run, attempts: 0 };
    }
    case 'CollectionRequested':
    case 'AlertAttached':
      return known;
  }
}

/** A copy: a part of a text would keep all of it in memory. */
function cut(message: string): string {
  if (message.length <= maxMessage) return message;
  return JSON.parse(JSON.stringify(message.slice(0, maxMessage))) as string;
}
