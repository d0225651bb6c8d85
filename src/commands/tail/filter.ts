import { parseAsked, speaksOf } from '../../collection/explain/asked.ts';
import type { Asked } from '../../collection/explain/explanation.ts';
import { podName } from '../../collection/explain/words.ts';
import { type EventType, eventTypes } from '../../events/catalogue.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { didYouMean } from '../terminal/did-you-mean.ts';
import { namesPod } from '../../events/filters.ts';

/** Which events are shown. */
export interface TailFilter {
  /** What NATS is asked for. */
  subject: string;
  /** Undefined: all of these, also what is no event. */
  matches?: (event: StoredEvent) => boolean;
  /** What is followed, for people. */
  sentence: string;
}

/** Words for what people look for. */
const words: Record<string, readonly EventType[]> = {
  alerts: ['AlertReceived', 'AlertRenewed', 'AlertDeclined', 'AlertUnanswered'],
  requested: ['CollectionRequested', 'CollectionRedriven'],
  collected: ['JfrCollected'],
  uploaded: ['Uploaded'],
  suppressed: ['CollectionSuppressed'],
  declined: ['AlertDeclined'],
  targets: ['TargetsRequested', 'TargetsAttemptFailed', 'TargetsFound', 'TargetsNotFound'],
  silent: ['SourceSilent', 'SourceHeard'],
  failed: [
    'CollectionAttemptFailed',
    'UploadAttemptFailed',
    'CollectionFailed',
    'TargetsNotFound',
    'EventRejected',
  ],
};

/** Words that a filter may be. */
export const filterWords = Object.keys(words);
export const wordList = Object.keys(words).join(', ');

/**
 * Reads a subject pattern (`aw.…`), an event type, one of the words, the id of an alert or collection, a fingerprint, or a
 * pod in its long form or by its name. Undefined where it is none of these.
 */
export function parseFilter(text: string | undefined): TailFilter | undefined {
  if (text === undefined) return { subject: 'aw.>', sentence: 'all events' };
  if (/^aw\./.test(text)) {
    return isPattern(text) ? { subject: text, sentence: `the subject ${text}` } : undefined;
  }
  const lower = text.toLowerCase();
  const type = eventTypes.find((each) => each.toLowerCase() === lower);
  const types = type ? [type] : Object.hasOwn(words, lower) ? words[lower] : undefined;
  if (types) {
    const matches = (event: StoredEvent) => types.includes(event.type);
    return { subject: 'aw.>', matches, sentence: types.join(', ') };
  }
  // Nobody is asked about the past: `since` is not looked at.
  const asked = parseAsked(text, '');
  if (!asked) return undefined;
  const guess = asked.kind === 'pod-name' ? didYouMean(text, [...Object.keys(words), ...eventTypes]) : '';
  const matches = (event: StoredEvent) => isAbout(event, asked);
  return { subject: 'aw.>', matches, sentence: `${sentenceOf(asked)}${guess}` };
}

/** As NATS has it: no empty token, and `>` only at the end. */
function isPattern(text: string): boolean {
  return /^[!-~]+$/.test(text) && text.split('.').every((token, index, { length }) => {
    return token !== '' && (token !== '>' || index === length - 1);
  }); // prettier-ignore
}

function isAbout({ type, id, data }: StoredEvent, asked: Asked): boolean {
  const trigger = 'trigger' in data ? data.trigger : undefined;
  switch (asked.kind) {
    case 'alert':
      return (
        id === asked.alertId ||
        [trigger, data].some((each) => has(each, 'alertId', asked.alertId)) ||
        ('searchId' in data && data.searchId.startsWith(`${asked.alertId}@`))
      );
    case 'collection':
      return has(data, 'collectionId', asked.collectionId);
    case 'fingerprint':
      return [trigger, data].some((each) => has(each, 'fingerprint', asked.fingerprint));
    case 'pod':
    case 'pod-name': {
      if (type === 'AlertReceived' || type === 'AlertRenewed') return speaksOf(data.labels, asked);
      return namesPod(data, asked);
    }
  }
}

function has(data: object | undefined, field: string, value: string): boolean {
  return data !== undefined && Object.entries(data).some(([name, each]) => name === field && each === value);
}

function sentenceOf(asked: Asked): string {
  switch (asked.kind) {
    case 'alert':
      return `the alert ${asked.alertId}`;
    case 'collection':
      return `the collection ${asked.collectionId}`;
    case 'fingerprint':
      return `the fingerprint ${asked.fingerprint}`;
    case 'pod':
      return `the pod ${podName(asked)}`;
    case 'pod-name':
      return `pods named ${asked.pod} (no event type, and none of the words ${wordList})`;
  }
}
