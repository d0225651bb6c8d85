import type { EventError } from '../events/data/error.ts';
import type { Event } from '../events/envelope.ts';

/** What an event says, in a few words. May hold anything that a label can hold. */
export function sentenceOf(event: Event): string {
  switch (event.type) {
    case 'AlertReceived': {
      const { labels, status } = event.data;
      return `${labels['alertname'] ?? '(no alertname)'} ${status}, pod ${labels['pod'] ?? '(none)'}`;
    }
    case 'AlertRenewed': {
      const { labels, status, reason } = event.data;
      return `${labels['alertname'] ?? '(no alertname)'} ${status} again (${reason}), pod ${labels['pod'] ?? '(none)'}`;
    }
    case 'AlertDeclined':
      return event.data.message;
    case 'AlertUnanswered':
      return `${event.data.alertname ?? 'the alert'} has no recording (${event.data.reason}): its next repeat is decided anew`;
    case 'PolicyConfigured': {
      const { hash, rows } = event.data;
      return `${counted(rows.length, 'row')}, hash ${hash.slice(0, 12)}…: ${rows.map(({ name }) => name).join(', ')}`;
    }
    case 'CollectionRequested': {
      const { collector, durationSeconds, maxAttempts } = event.data.plan;
      return `${counted(durationSeconds, 'second')} by ${collector}, up to ${counted(maxAttempts, 'attempt')}`;
    }
    case 'AlertAttached':
      return `the pod is being recorded for ${event.data.collectionId}`;
    case 'CollectionSuppressed':
      return `${event.data.reason}${event.data.until === undefined ? '' : ` until ${event.data.until}`}`;
    case 'CooldownElapsed':
      return `${event.data.alertname ?? 'the alert'} is decided again`;
    case 'CollectionAttemptStarted':
      return `attempt ${String(event.data.attempt)} on ${event.data.by.host}`;
    case 'CollectionAttemptFailed':
    case 'UploadAttemptFailed': {
      const { attempt, error, retryAt } = event.data;
      const next = retryAt === undefined ? 'no other follows' : `the next not before ${retryAt}`;
      return `attempt ${String(attempt)}: ${errorOf(error)}; ${next}`;
    }
    case 'JfrCollected': {
      const { bytes, chunks, sha256, simulated = false } = event.data.recording;
      const what = `${counted(bytes, 'byte')}, ${counted(chunks, 'chunk')}, sha256 ${sha256.slice(0, 12)}…`;
      return `${what}${simulated ? ', SIMULATED' : ''}`;
    }
    case 'Uploaded':
      return event.data.url;
    case 'CollectionFailed': {
      const { stage, attempts, error } = event.data;
      return `${stage}, after ${counted(attempts, 'attempt')}: ${errorOf(error)}`;
    }
    case 'CollectionRedriven':
      return `${event.data.stage}, by ${event.data.by}: ${event.data.reason}`;
    case 'SourceSilent':
      return `not heard since ${event.data.since}, for more than ${counted(event.data.silenceSeconds, 'second')}`;
    case 'SourceHeard':
      return `heard again at ${event.data.heardAt}, after silence since ${event.data.since}`;
    case 'EventRejected':
      return `${event.data.consumer}: ${event.data.error.message}`;
  }
}

function errorOf({ code, message, stderrTail = '' }: EventError): string {
  const said = stderrTail.trim().split('\n', 1)[0] ?? '';
  return `${code}: ${message}${said && ` (${said.slice(0, 200)})`}`;
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
