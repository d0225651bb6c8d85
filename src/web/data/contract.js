/**
 * What the page must know of the events. Written by `npm run schemas`: changes by hand are lost.
 *
 * @import { EventType, State } from './types.ts'
 */

/**
 * Every event type of the feed: a browser hears only of those that it asks for by name.
 *
 * @type {readonly EventType[]}
 */
export const eventTypes = [
  'AlertReceived',
  'AlertDeclined',
  'AlertRenewed',
  'AlertUnanswered',
  'CollectionRequested',
  'AlertAttached',
  'CollectionSuppressed',
  'CooldownElapsed',
  'CollectionAttemptStarted',
  'CollectionAttemptFailed',
  'JfrCollected',
  'UploadAttemptFailed',
  'Uploaded',
  'CollectionFailed',
  'CollectionRedriven',
  'TargetsRequested',
  'TargetsAttemptFailed',
  'TargetsFound',
  'TargetsNotFound',
  'PolicyConfigured',
  'SourceSilent',
  'SourceHeard',
  'EventRejected',
];

/**
 * Which events a collection takes in which state, and its state after them. What is not here came too late, or twice. Two
 * turn on what they say: a CollectionFailed that somebody asked for, and the stage of a CollectionRedriven.
 *
 * @type {Record<State, Partial<Record<EventType, State>>>}
 */
export const stages = {
  requested: {
    AlertAttached: 'requested',
    CollectionAttemptStarted: 'collecting',
    CollectionFailed: 'failed',
  },
  collecting: {
    AlertAttached: 'collecting',
    CollectionAttemptStarted: 'collecting',
    CollectionAttemptFailed: 'collecting',
    JfrCollected: 'uploading',
    CollectionFailed: 'failed',
  },
  uploading: {
    UploadAttemptFailed: 'uploading',
    Uploaded: 'uploaded',
    CollectionFailed: 'failed',
  },
  uploaded: {},
  failed: {
    CollectionRedriven: 'requested',
  },
  cancelled: {
    CollectionRedriven: 'requested',
  },
};
