import { styleText } from 'node:util';
import { clip } from '../../kernel/explain/words.ts';
import { podName } from '../../collection/explain/words.ts';
import { type EventType } from '../../events/catalogue.ts';
import type { StoredEvent, StoredMessage, Unreadable } from '../../events/envelope.ts';
import { jsonLine, printable } from '../../telemetry/printable.ts';
import { sentenceOf } from '../../features.ts';

const colours: Partial<Record<EventType, Parameters<typeof styleText>[0]>> = {
  Uploaded: 'green',
  JfrCollected: 'cyan',
  CollectionRequested: 'blue',
  CollectionRedriven: 'blue',
  AlertDeclined: 'yellow',
  CollectionSuppressed: 'yellow',
  CollectionAttemptFailed: 'red',
  UploadAttemptFailed: 'red',
  CollectionFailed: ['bold', 'red'],
  TargetsFound: 'blue',
  TargetsAttemptFailed: 'red',
  TargetsNotFound: ['bold', 'red'],
  SourceSilent: ['bold', 'red'],
  SourceHeard: 'green',
  EventRejected: ['bold', 'red'],
};

const typeWidth = 'CollectionAttemptStarted'.length;

/** One event in one line: time, sequence, type, pod or alert, and what it says. */
export function lineOf({ storedAt, sequence, type, ...event }: StoredEvent): string {
  const when = styleText('dim', `${storedAt} ${`#${String(sequence)}`.padEnd(7)}`);
  const colour = colours[type];
  const name = type.padEnd(typeWidth);
  const what = `${aboutOf(event.data)}  ${sentenceOf({ ...event, type } as StoredEvent)}`;
  return `${when} ${colour === undefined ? name : styleText(colour, name)} ${printable(clip(what, 400))}\n`;
}

/** The same for programs. */
export function jsonOf({ sequence, storedAt, time, type, id, data }: StoredEvent, subject: string): string {
  return jsonLine({ sequence, storedAt, time, subject, type, id, data });
}

/** A message that is no event. */
export function unreadableLine(
  { sequence, storedAt, subject }: StoredMessage,
  { message }: Unreadable,
  json: boolean,
): string {
  if (json) return jsonLine({ sequence, storedAt, subject, unreadable: message });
  const when = styleText('dim', `${storedAt} ${`#${String(sequence)}`.padEnd(7)}`);
  return `${when} ${styleText('yellow', 'unreadable'.padEnd(typeWidth))} ${printable(`${subject}  ${message}`)}\n`;
}

function aboutOf(data: StoredEvent['data']): string {
  if ('kubeContext' in data) return podName('pod' in data ? data : { ...data, pod: data.sts });
  if ('fingerprint' in data) return data.fingerprint;
  if ('hash' in data) return data.hash.slice(0, 12);
  if ('sequence' in data) return `#${String(data.sequence)}`;
  return 'source' in data ? data.source : '';
}
