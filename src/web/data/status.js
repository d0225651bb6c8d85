/**
 * How the service is, and whether what the page shows is what is so. Pure.
 *
 * @import { FeedState, Health } from './types.ts'
 * @typedef {{ kind: 'good' | 'bad' | 'idle', word: string, sentence: string }} Status
 */

/**
 * One word for everything that may be between the viewer and the log.
 *
 * @param {{ feed: FeedState, health: Health }} model
 * @returns {Status} `bad`: what is shown may be old
 */
export function statusOf({ feed, health }) {
  if (health.status === 'unreachable')
    return {
      kind: 'bad',
      word: 'disconnected',
      sentence: 'The service does not answer. The page tries again by itself.',
    };
  if (health.status === 'not-ready')
    return {
      kind: 'bad',
      word: 'not ready',
      sentence: `The service says that it is not ready: ${faultsOf(health).join('; ')}.`,
    };
  if (health.status === 'unknown')
    return { kind: 'idle', word: 'connecting', sentence: 'The service is being asked how it is.' };
  return feeds[feed];
}

/** @type {Record<FeedState, Status>} */
const feeds = {
  live: { kind: 'good', word: 'live', sentence: 'Every event appears as it happens.' },
  connecting: { kind: 'idle', word: 'connecting', sentence: 'The live feed is being opened.' },
  reconnecting: {
    kind: 'idle',
    word: 'polling',
    sentence: 'The service answers, but not with its live feed: lists are read every 10 s.',
  },
  paused: {
    kind: 'idle',
    word: 'paused',
    sentence: 'In the background for a minute; it catches up when you look at it.',
  },
};

/** @param {Health} health */
function faultsOf({ checks }) {
  // A NATS that froze is the same for every check.
  const byResult = Map.groupBy(Object.entries(checks), ([, result]) => result);
  byResult.delete('ok');
  return [...byResult].map(([result, found]) => `${found.map(([name]) => name).join(', ')}: ${result}`);
}
