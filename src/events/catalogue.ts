import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { AlertDeclined, AlertReceived, AlertRenewed, AlertUnanswered } from './alert-events.ts';
import * as collection from './collection-events.ts';
import { idOfAlert, collectionEventIdOf, decidedIdOf, receptionIdOf } from './ids.ts';
import { nanosOf } from './instant.ts';
import { PolicyConfigured } from './policy-events.ts';
import { SourceHeard, SourceSilent } from './source-events.ts';
import {
  alertSubject,
  collectionSubject,
  type Pod,
  policySubject,
  rejectedSubject,
  sourceSubject,
} from './subjects.ts';

/** One row of the contract: the shape of the data, and the subject and id that follow from it. */
interface Definition<Schema extends TSchema> {
  data: Schema;
  subject: (data: Static<Schema>) => string;
  /** `causeId` is the id of the event that it was decided from; events within a collection don't use it. */
  id: (data: Static<Schema>, causeId: string) => string;
}

const define = <Schema extends TSchema>(row: Definition<Schema>): Definition<Schema> => row;

const EventRejected = Type.Object(
  {
    consumer: Type.String({ description: 'The durable consumer that could not handle it.' }),
    sequence: Type.Integer({ description: 'Stream sequence of the message.' }),
    subject: Type.String({ description: 'Subject of the message.' }),
    deliveries: Type.Integer({ description: 'How often it was delivered.' }),
    error: collection.EventError,
  },
  { description: 'A message that could not be read or handled. It blocks nothing; it stays in the stream.' },
);

/**
 * Every event there is: the contract of the stream. To add one, add a row; the compiler shows the places
 * that must know it, and `npm run schemas` writes its JSON schema.
 */
export const catalogue = {
  AlertReceived: define({
    data: AlertReceived,
    subject: (data) => toldSubject(data, 'AlertReceived'),
    id: idOfAlert,
  }),
  AlertDeclined: define({
    data: AlertDeclined,
    subject: (data) => alertSubject({ ...keyOf(data), status: 'firing' }, 'AlertDeclined'),
    id: decided('AlertDeclined'),
  }),
  AlertRenewed: define({
    data: AlertRenewed,
    subject: (data) => toldSubject(data, 'AlertRenewed'),
    id: ({ alertId, receivedAt }) =>
      decidedIdOf(receptionIdOf(alertId, nanosOf(receivedAt) ?? 0n), 'AlertRenewed'),
  }),
  AlertUnanswered: define({
    data: AlertUnanswered,
    subject: (data) => alertSubject({ ...keyOf(data), status: 'firing' }, 'AlertUnanswered'),
    id: decided('AlertUnanswered'),
  }),
  CollectionRequested: define({
    data: collection.CollectionRequested,
    subject: ofPod('CollectionRequested'),
    id: decided('CollectionRequested'),
  }),
  AlertAttached: define({
    data: collection.AlertAttached,
    subject: ofPod('AlertAttached'),
    id: decided('AlertAttached'),
  }),
  CollectionSuppressed: define({
    data: collection.CollectionSuppressed,
    subject: ofPod('CollectionSuppressed'),
    id: decided('CollectionSuppressed'),
  }),
  CooldownElapsed: define({
    data: collection.CooldownElapsed,
    subject: ofPod('CooldownElapsed'),
    id: decided('CooldownElapsed'),
  }),
  CollectionAttemptStarted: define({
    data: collection.CollectionAttemptStarted,
    subject: ofPod('CollectionAttemptStarted'),
    id: inAttempt('CollectionAttemptStarted'),
  }),
  CollectionAttemptFailed: define({
    data: collection.CollectionAttemptFailed,
    subject: ofPod('CollectionAttemptFailed'),
    id: inAttempt('CollectionAttemptFailed'),
  }),
  JfrCollected: define({
    data: collection.JfrCollected,
    subject: ofPod('JfrCollected'),
    id: inAttempt('JfrCollected'),
  }),
  UploadAttemptFailed: define({
    data: collection.UploadAttemptFailed,
    subject: ofPod('UploadAttemptFailed'),
    id: inAttempt('UploadAttemptFailed'),
  }),
  Uploaded: define({
    data: collection.Uploaded,
    subject: ofPod('Uploaded'),
    id: inAttempt('Uploaded'),
  }),
  CollectionFailed: define({
    data: collection.CollectionFailed,
    subject: ofPod('CollectionFailed'),
    id: (data) => collectionEventIdOf(data.collectionId, data.run, data.attempts, 'CollectionFailed'),
  }),
  CollectionRedriven: define({
    data: collection.CollectionRedriven,
    subject: ofPod('CollectionRedriven'),
    id: (data) => collectionEventIdOf(data.collectionId, data.run, 0, 'CollectionRedriven'),
  }),
  PolicyConfigured: define({
    data: PolicyConfigured,
    subject: () => policySubject('PolicyConfigured'),
    id: ({ hash }, causeId) => decidedIdOf(`${causeId}/${hash}`, 'PolicyConfigured'),
  }),
  SourceSilent: define({
    data: SourceSilent,
    subject: ({ source }) => sourceSubject(source, 'SourceSilent'),
    id: ofSilence('SourceSilent'),
  }),
  SourceHeard: define({
    data: SourceHeard,
    subject: ({ source }) => sourceSubject(source, 'SourceHeard'),
    id: ofSilence('SourceHeard'),
  }),
  EventRejected: define({
    data: EventRejected,
    subject: (data) => rejectedSubject(data.consumer, data.sequence),
    id: (data) => `${String(data.sequence)}/${data.consumer}/EventRejected`,
  }),
} as const;

export type EventType = keyof typeof catalogue;
export type DataOf<T extends EventType> = Static<(typeof catalogue)[T]['data']>;

export const eventTypes = Object.keys(catalogue) as EventType[];

/** The types that are not about a pod. */
const otherTypes = [
  ...(['AlertReceived', 'AlertDeclined', 'AlertRenewed', 'AlertUnanswered'] as const),
  ...(['PolicyConfigured', 'SourceSilent', 'SourceHeard', 'EventRejected'] as const),
];
export type OtherEventType = (typeof otherTypes)[number];

/** The types that live under a pod's prefix and are folded by its machine. */
export type CollectionEventType = Exclude<EventType, OtherEventType>;

const others: ReadonlySet<string> = new Set<OtherEventType>(otherTypes);

export function isCollectionEventType(type: EventType): type is CollectionEventType {
  return !others.has(type);
}

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(catalogue, text);
}

function toldSubject(
  data: { fingerprint: string; startsAt: string; status: string; labels: Record<string, string> },
  type: string,
): string {
  const { labels, status } = data;
  return alertSubject({ ...keyOf(data), alertname: labels['alertname'], status }, type);
}

function keyOf(data: { alertname?: string; fingerprint: string; startsAt: string }) {
  const startsAtNanos = nanosOf(data.startsAt);
  if (startsAtNanos === undefined) throw new RangeError(`startsAt is not an RFC 3339 time: ${data.startsAt}`);
  return { alertname: data.alertname, fingerprint: data.fingerprint, startsAtNanos };
}

function ofPod(type: string) {
  return (data: Pod) => collectionSubject(data, type);
}

function decided(type: string) {
  return (_data: unknown, causeId: string) => decidedIdOf(causeId, type);
}

function ofSilence(type: string) {
  return ({ source, since }: { source: string; since: string }) =>
    decidedIdOf(`${source}@${String(nanosOf(since) ?? since)}`, type);
}

function inAttempt(type: string) {
  return (data: { collectionId: string; run: number; attempt: number }) =>
    collectionEventIdOf(data.collectionId, data.run, data.attempt, type);
}
