/**
 * What the page holds while it is open: the store, kept up to date by the feed, and how the service is.
 *
 * @import { FeedEvent, FeedState, Filter, Health, Store, Summary } from './types.ts'
 * @typedef {object} Model
 * @property {Store} store
 * @property {FeedState} feed
 * @property {Health} health
 * @property {number} generation 0 until the first load, and one more each time that the feed begins anew: what was loaded
 *   is to be loaded again
 * @property {boolean} isLoaded the active collections are known
 * @property {boolean} isCut there are more of them than are known
 * @property {string} problem why they could not be loaded, or empty
 * @property {string} news for screen readers
 */
import { get, readHealth } from './api.js';
import { openFeed } from './feed.js';
import { newsOf } from './news.js';
import { emptyStore, isEnded, withEvents, withStory, withSummaries } from './store.js';

const batchMs = 50;
const regularlyMs = 10_000;
const feedWaitMs = 1_500;
const storiesWaitMs = 1_000;
const keptEvents = 1_000;
const activeStates = ['requested', 'collecting', 'uploading'];

/** @type {Model} */
let model = {
  ...{ store: emptyStore, feed: 'connecting', health: { status: 'unknown', checks: {} } },
  ...{ generation: 0, isLoaded: false, isCut: false, problem: '', news: '' },
};
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {FeedEvent[]} what the feed told lately: a list that is older than it must not win */
let lately = [];
/** @type {FeedEvent[]} */
let waiting = [];

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
      if (waiting.push(event) === 1) setTimeout(applyWaiting, batchMs);
    },
    onState: (feed) => {
      const isNews = feed !== model.feed;
      change({ feed });
      if (isNews) void checkHealth();
      if (feed === 'reconnecting' && !model.isLoaded) loadAgain();
    },
    onFresh: loadAgain,
  });
  setInterval(() => {
    if (document.hidden) return;
    void checkHealth();
    // Without a feed, such as when the service has too many, the lists still come.
    if (model.feed !== 'live') loadAgain();
  }, regularlyMs);
  void checkHealth();
  // Where something between holds up the feed, the lists do not wait for it.
  setTimeout(() => {
    if (model.generation === 0) loadAgain();
  }, feedWaitMs);
}

/**
 * Loads one page of collections, newest first. Throws ApiProblem.
 *
 * @param {Filter & { after?: string }} filter
 * @param {number} limit
 * @returns {Promise<{ items: Summary[], next?: string }>}
 */
export async function loadCollections(filter, limit) {
  const wanted = Object.entries({ ...filter, limit: String(limit) }).filter(([, value]) => value);
  const query = new URLSearchParams(/** @type {[string, string][]} */ (wanted)).toString();
  const page = /** @type {{ items: Summary[], next?: string }} */ (await get(`collections?${query}`));
  change({ store: withEvents(withSummaries(model.store, page.items), lately) });
  return page;
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
    const pages = await Promise.all(activeStates.map((state) => loadCollections({ state }, 200)));
    const isCut = pages.some(({ next }) => next !== undefined);
    // So that nothing jumps when progress comes; many are not waited for.
    await Promise.race([loadMissingStories(), new Promise((resolve) => setTimeout(resolve, storiesWaitMs))]);
    change({ isLoaded: true, isCut, problem: '' });
  } catch (error) {
    change({ problem: error instanceof Error ? error.message : String(error) });
  }
}

/** Progress needs the events of what is active. Few at a time: the service has other things to do. */
async function loadMissingStories() {
  const ids = [...model.store.items.values()]
    .filter(({ state, isWhole }) => !isEnded(state) && !isWhole)
    .map(({ id }) => id);
  const worker = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) await loadStory(id);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

function applyWaiting() {
  const events = waiting;
  waiting = [];
  lately = [...lately, ...events].slice(-keptEvents);
  const store = withEvents(model.store, events);
  change({ store, news: newsOf(model.store, store, events) || model.news });
}

async function checkHealth() {
  change({ health: await readHealth() });
}

/** @param {Partial<Model>} part */
function change(part) {
  model = { ...model, ...part };
  for (const listener of listeners) listener();
}
