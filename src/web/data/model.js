/**
 * What the page holds while it is open: the store, kept up to date by the feed, and how the service is.
 *
 * @import { FeedEvent, FeedState, Filter, Health, Store, Summary } from './types.ts'
 * @typedef {object} Model
 * @property {Store} store
 * @property {FeedState} feed
 * @property {Health} health
 * @property {number} knownAt when what is shown was last known to be so, in milliseconds since 1970 by the service's clock
 * @property {number} generation 0 until the first load, and one more each time that what was loaded is to be loaded again
 * @property {boolean} isLoaded what is under way is known
 * @property {string} problem why it could not be loaded, or empty
 * @property {string} news for screen readers
 */
import { get, readHealth, serviceNow } from './api.js';
import { openFeed } from './feed.js';
import { createNews } from './news.js';
import { statusOf } from './status.js';
import { emptyStore, withEvents, withStory, withSummaries } from './store.js';

/** The first event of a while is shown at once; in a storm they come together. */
const [batchMs, stormBatchMs, stormEvents] = [50, 500, 10];
/** A NATS that froze is to be seen within 5 s, and the service answers within 1 s. */
const healthEveryMs = 2_000;
const listsEveryMs = 10_000;
const feedWaitMs = 1_500;
const keptEvents = 1_000;
export const activeStates = 'requested,collecting,uploading';
const activeLimit = 200;

/** @type {Model} */
let model = {
  ...{ store: emptyStore, feed: 'connecting', health: { status: 'unknown', checks: {} } },
  ...{ knownAt: serviceNow(), generation: 0, isLoaded: false, problem: '', news: '' },
};
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {FeedEvent[]} what the feed told lately: a list that is older than it must not win */
let lately = [];
/** @type {FeedEvent[]} */
let waiting = [];
let nextBatchMs = batchMs;
const news = createNews((text) => change({ news: text }));

export const current = () => model;

/**
 * @param {() => void} listener
 * @returns {() => void}
 */
export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to follow the service. */
export function start() {
  openFeed({
    onEvent: (event) => {
      if (waiting.push(event) === 1) setTimeout(applyWaiting, nextBatchMs);
    },
    onState: (feed) => {
      const isNews = feed !== model.feed;
      change({ feed });
      if (isNews) void checkHealth();
      if (feed === 'reconnecting' && !model.isLoaded) loadAgain();
    },
    onFresh: loadAgain,
  });
  every(healthEveryMs, () => void checkHealth());
  // Without a feed, such as when the service has too many, the lists still come.
  every(listsEveryMs, () => model.feed !== 'live' && loadAgain());
  void checkHealth();
  // Where something between holds up the feed, the lists do not wait for it.
  setTimeout(() => {
    if (model.generation === 0) loadAgain();
  }, feedWaitMs);
}

/**
 * Loads one page of recordings, newest first. Throws ApiProblem.
 *
 * @param {Filter} filter
 * @param {{ limit: number, after?: number }} page
 * @returns {Promise<{ items: Summary[], next?: number }>}
 */
export async function loadCollections(filter, { limit, after }) {
  const query = queryOf({ ...filter, limit: String(limit), ...(after ? { after: String(after) } : {}) });
  const page = /** @type {{ items: Summary[], next?: number }} */ (await get(`collections?${query}`));
  change({ store: withEvents(withSummaries(model.store, page.items), lately) });
  return page;
}

/**
 * A filter as the API takes it.
 *
 * @param {Filter} filter
 * @returns {string}
 */
export function queryOf(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    const values = name === 'state' || name === 'outcome' ? value.split(',') : [value];
    for (const each of values) if (each) query.append(name, each);
  }
  return query.toString();
}

/**
 * Loads one collection with all of its events. Throws ApiProblem.
 *
 * @param {string} id
 */
export async function loadStory(id) {
  const story = /** @type {{ events: FeedEvent[] }} */ (await get(`collections/${encodeURIComponent(id)}`));
  change({ store: withEvents(withStory(model.store, id, story.events), lately) });
}

function loadAgain() {
  change({ generation: model.generation + 1 });
  void loadActive();
}

async function loadActive() {
  try {
    await loadCollections({ state: activeStates }, { limit: activeLimit });
    change({ isLoaded: true, problem: '' });
  } catch (error) {
    change({ problem: error instanceof Error ? error.message : String(error) });
  }
}

function applyWaiting() {
  const events = waiting;
  waiting = [];
  nextBatchMs = events.length > stormEvents ? stormBatchMs : batchMs;
  lately = [...lately, ...events].slice(-keptEvents);
  const store = withEvents(model.store, events);
  news.tell(model.store, store, events);
  change({ store });
}

async function checkHealth() {
  const health = await readHealth();
  const wasBad = statusOf(model).kind === 'bad';
  change({ health });
  const isBad = statusOf(model).kind === 'bad';
  if (!isBad) change({ knownAt: serviceNow() });
  // What failed meanwhile is asked for again, so that errors go away with their cause.
  if (wasBad && !isBad) loadAgain();
}

/**
 * @param {number} millis
 * @param {() => unknown} work while somebody looks
 */
function every(millis, work) {
  setInterval(() => {
    if (!document.hidden) work();
  }, millis);
}

/** @param {Partial<Model>} part */
function change(part) {
  model = { ...model, ...part };
  for (const listener of listeners) listener();
}
