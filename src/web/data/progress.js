/**
 * How far a collection is, from its events. Pure.
 *
 * @import { FeedEvent, Item, Progress } from './types.ts'
 */

/**
 * What the attempts of a collection have come to, from the events that the page knows of it.
 *
 * @param {Item} item
 * @returns {Progress}
 */
export function progressOf({ events }) {
  /** @type {Progress} */
  let progress = { run: 1, attempts: 0, alerts: 0 };
  for (const event of events) progress = advance(progress, event);
  return progress;
}

/**
 * @param {Progress} progress
 * @param {FeedEvent} event
 * @returns {Progress}
 */
function advance(progress, event) {
  const { startedAt: _started, retryAt: _retry, ...rest } = progress;
  switch (event.type) {
    case 'CollectionRequested':
      return { ...progress, plan: event.data.plan, alerts: 1 };
    case 'AlertAttached':
      return { ...progress, alerts: progress.alerts + 1 };
    case 'CollectionAttemptStarted':
      return { ...rest, attempts: event.data.attempt, startedAt: event.time };
    case 'CollectionAttemptFailed':
    case 'UploadAttemptFailed':
      return { ...rest, attempts: event.data.attempt, ...failureOf(event.data) };
    case 'JfrCollected': {
      const { lastError: _error, ...well } = rest;
      return { ...well, attempts: 0, recording: event.data.recording, collectedAt: event.time };
    }
    case 'CollectionFailed':
      return { ...rest, lastError: event.data.error };
    case 'CollectionRedriven':
      return { ...rest, run: event.data.run, attempts: 0 };
    default:
      return progress;
  }
}

/** @param {Extract<FeedEvent, {type: 'CollectionAttemptFailed'}>['data']} data */
function failureOf({ error, retryAt }) {
  return { lastError: error, ...(retryAt === undefined ? {} : { retryAt }) };
}
