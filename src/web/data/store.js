/**
 * What the page knows of collections and how events change it. Pure. It comes to the same summaries as the index of the
 * service (src/collection/pod/summaries.ts), from which its table of states is made; a property test holds the two together.
 *
 * @import { FeedEvent, Filter, Item, State, Store, Summary } from './types.ts'
 */
import { stages } from './contract.js';

/** Collections that the page keeps; beyond them it forgets the oldest that have ended. */
const maxItems = 2_000;
/** The service lists no more of the message of an error. */
const maxMessage = 200;

/** @type {Store} */
export const emptyStore = { items: new Map(), lastSequence: 0 };

/** @param {State} state */
export function isEnded(state) {
  return state === 'uploaded' || state === 'failed' || state === 'cancelled';
}

/**
 * Applies what the feed told, in its order. What an item's summary already includes changes nothing.
 *
 * @param {Store} store
 * @param {readonly FeedEvent[]} events
 * @returns {Store}
 */
export function withEvents(store, events) {
  const items = new Map(store.items);
  let { lastSequence } = store;
  for (const event of events) {
    lastSequence = Math.max(lastSequence, event.sequence);
    const id = collectionIdOf(event);
    if (id === undefined) continue;
    const next = evolve(items.get(id), event);
    if (next) items.set(id, next);
  }
  forgetOldest(items);
  return { items, lastSequence };
}

/**
 * Takes over what the service lists, where that is newer than what the feed has told.
 *
 * @param {Store} store
 * @param {readonly Summary[]} summaries
 * @returns {Store}
 */
export function withSummaries(store, summaries) {
  const items = new Map(store.items);
  for (const summary of summaries) {
    const known = items.get(summary.id);
    if (known && known.lastSequence >= summary.lastSequence) continue;
    items.set(summary.id, { ...summary, events: [], isWhole: false });
  }
  return { ...store, items };
}

/**
 * Takes over all events of one collection, as its story tells them; events of the feed that came meanwhile stay.
 *
 * @param {Store} store
 * @param {string} id
 * @param {readonly FeedEvent[]} story
 * @returns {Store}
 */
export function withStory(store, id, story) {
  const known = store.items.get(id);
  const bySequence = new Map([...story, ...(known?.events ?? [])].map((event) => [event.sequence, event]));
  const inOrder = [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
  /** @type {Item | undefined} */
  let item;
  for (const event of inOrder) item = evolve(item, event) ?? item;
  // A story that is older than the list lacks events: it is asked for again.
  if (!item || (known && item.lastSequence < known.lastSequence)) return store;
  return { ...store, items: new Map(store.items).set(id, item) };
}

/**
 * Newest first.
 *
 * @param {Store} store
 * @param {Filter} filter
 * @returns {Item[]}
 */
export function listed(store, filter) {
  return [...store.items.values()]
    .filter((item) => isMeant(item, filter))
    .sort((a, b) => b.firstSequence - a.firstSequence);
}

/**
 * @param {Item} item
 * @param {Filter} filter
 */
export function isMeant(item, filter) {
  return Object.entries(filter).every(([name, value]) => value === '' || isWanted(item, name, value));
}

/**
 * As the service does it. A time is not looked at: what comes live is newer than any.
 *
 * @param {Item} item
 * @param {string} name
 * @param {string} value
 */
function isWanted(item, name, value) {
  switch (name) {
    case 'state':
      return value.split(',').includes(item.state);
    case 'errorCode':
      return item.error?.code === value;
    case 'prefix': {
      const { pod, namespace, alertname = '', id } = item;
      return [pod, namespace, alertname, id].some((text) =>
        text.toLowerCase().startsWith(value.toLowerCase()),
      );
    }
    case 'kubeContext':
    case 'namespace':
    case 'pod':
    case 'alertname':
    case 'collector':
    case 'rule':
      return item[name] === value;
    default:
      return true;
  }
}

/**
 * @param {Item | undefined} known
 * @param {FeedEvent} event
 * @returns {Item | undefined} undefined where it changes nothing
 */
function evolve(known, event) {
  if (!known) return event.type === 'CollectionRequested' ? requested(event) : undefined;
  if (event.sequence <= known.lastSequence) return undefined;
  const state = stateAfter(known, event);
  if (state === undefined) return undefined;
  const { endedAt: _, ...rest } = known;
  const ended = isEnded(state) ? { endedAt: event.time } : {};
  const events = [...known.events, event];
  return { ...withEffort(rest, event), ...ended, state, events, lastSequence: event.sequence };
}

/**
 * What its attempts have come to.
 *
 * @param {Omit<Item, 'endedAt'>} item
 * @param {FeedEvent} event
 * @returns {Omit<Item, 'endedAt'>}
 */
function withEffort(item, event) {
  const { error: _, ...well } = item;
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return { ...item, attempts: event.data.attempt };
    case 'CollectionAttemptFailed':
      return { ...item, error: failure('collect', event.data.error) };
    case 'UploadAttemptFailed':
      return { ...item, attempts: event.data.attempt, error: failure('upload', event.data.error) };
    case 'JfrCollected': {
      const { bytes, simulated } = event.data.recording;
      return { ...well, attempts: 0, bytes, ...(simulated === true ? { simulated } : {}) };
    }
    case 'Uploaded':
      return { ...well, attempts: event.data.attempt };
    case 'CollectionFailed':
      return { ...item, error: failure(event.data.stage, event.data.error) };
    case 'CollectionRedriven': {
      const { bytes, ...without } = well;
      const kept = event.data.stage === 'upload' && bytes !== undefined ? { bytes } : {};
      return { ...without, ...kept, run: event.data.run, attempts: 0 };
    }
    default:
      return item;
  }
}

/**
 * @param {'collect' | 'upload'} stage
 * @param {{ code: string, message: string }} error
 */
function failure(stage, { code, message }) {
  return { stage, code, message: message.slice(0, maxMessage) };
}

/**
 * By the table, but for the two events that turn on what they say.
 *
 * @param {Item} item
 * @param {FeedEvent} event
 */
function stateAfter({ state }, event) {
  const next = Object.hasOwn(stages[state], event.type) ? stages[state][event.type] : undefined;
  if (next && event.type === 'CollectionRedriven' && event.data.stage === 'upload') return 'uploading';
  return next && event.type === 'CollectionFailed' && event.data.cancelled ? 'cancelled' : next;
}

/**
 * @param {Extract<FeedEvent, {type: 'CollectionRequested'}>} event
 * @returns {Item}
 */
function requested(event) {
  const { sequence, time, data } = event;
  const { collectionId: id, kubeContext, namespace, pod, trigger, plan } = data;
  const { durationSeconds, collector, rule } = plan;
  return {
    ...{ id, state: 'requested', kubeContext, namespace, pod },
    ...(trigger.alertname === undefined ? {} : { alertname: trigger.alertname }),
    ...{ durationSeconds, collector, rule, run: 1, attempts: 0 },
    ...{ requestedAt: time, firstSequence: sequence, lastSequence: sequence },
    ...{ events: [event], isWhole: true },
  };
}

/** @param {FeedEvent} event */
function collectionIdOf({ data }) {
  return 'collectionId' in data ? data.collectionId : undefined;
}

/** @param {Map<string, Item>} items */
function forgetOldest(items) {
  if (items.size <= maxItems) return;
  for (const { id, state } of items.values()) {
    if (items.size <= maxItems * 0.9) return;
    if (isEnded(state)) items.delete(id);
  }
}
