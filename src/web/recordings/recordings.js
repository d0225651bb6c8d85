/**
 * Every recording, newest first, filtered as the address says. What comes new waits until somebody wants to see it, so that
 * nothing moves under the pointer; what is shown changes in its place.
 *
 * @import { Filter, Item, Place } from '../data/types.ts'
 */
import { loadCollections, queryOf } from '../data/model.js';
import { listed } from '../data/store.js';
import { useData } from '../data/use-data.js';
import { recordingsLink } from '../frame/places.js';
import { Filters, knownOf } from '../parts/filters.js';
import { RedriveAll } from '../parts/redrive-all.js';
import { Problem, stateWords, useModel } from '../parts/ui.js';
import { html, useEffect, useState } from '../preact.js';
import { RecordingTable } from './table.js';

const pageSize = 50;
const states = /** @type {[string, string][]} */ ([
  ['requested,collecting,uploading', 'under way'],
  ...Object.keys(stateWords).map((state) => [state, state]),
]);

/** @param {{ place: Place }} props */
export function RecordingsView({ place }) {
  const { query: filter } = place;
  const { store, generation } = useModel();
  const address = recordingsLink(filter);
  const { floor, ceiling, next, error, more, again, showNew } = usePages(filter, generation, address);
  const found = listed(store, filter);
  // Of what is older than the pages loaded so far the store may know some, with gaps.
  const items = found.filter(({ firstSequence }) => firstSequence >= floor && firstSequence <= ceiling);
  const fresh = found.findIndex(({ firstSequence }) => firstSequence <= ceiling);
  const waiting = fresh < 0 ? found.length : fresh;
  useEffect(() => {
    if (items.length === 0 && waiting > 0) showNew();
  });
  return html`<section aria-labelledby="recordings">
    <h2 id="recordings">Recordings <${Total} filter=${filter} /></h2>
    <${Filters}
      key=${address}
      path="/recordings"
      label="Recordings"
      filter=${filter}
      fields=${fieldsOf([...store.items.values()])}
    />
    <p class="above">
      ${
        waiting > 0 && items.length > 0
          ? html`<button type="button" onClick=${showNew}>Show ${waiting} new</button>`
          : html`<span class="note">Newest first. What is new waits here.</span>`
      }
      <${BulkRedrive} filter=${filter} />
    </p>
    ${error !== undefined && html`<${Problem} error=${error} again=${again} />`}
    <${RecordingTable} items=${items} label="Recordings" />
    ${
      items.length === 0 &&
      floor !== Infinity &&
      html`<p class="empty">
        ${address === '/recordings' ? 'No recording yet.' : html`No recording matches. <a href="/recordings">Show all</a>`}
      </p>`
    }
    ${next !== undefined && html`<button type="button" class="older" onClick=${more}>Show older recordings</button>`}
  </section>`;
}

/** @param {readonly Item[]} items */
function fieldsOf(items) {
  return [
    { name: 'state', label: 'State', options: states },
    { name: 'errorCode', label: 'Reason', known: knownOf(items.map(({ error }) => error?.code)) },
    { name: 'namespace', label: 'Namespace', known: knownOf(items.map(({ namespace }) => namespace)) },
    { name: 'pod', label: 'Pod', known: knownOf(items.map(({ pod }) => pod)) },
    { name: 'alertname', label: 'Alert', known: knownOf(items.map(({ alertname }) => alertname)) },
    { name: 'prefix', label: 'Begins with', placeholder: 'pod, namespace, alert or id' },
  ];
}

/** @param {{ filter: Filter }} props */
function useCount({ filter }) {
  const { store, generation } = useModel();
  const query = queryOf(filter);
  const { data } = useData(
    `collections/counts?by=state${query && `&${query}`}`,
    generation,
    store.lastSequence,
  );
  return /** @type {{ total: number } | undefined} */ (data)?.total;
}

/** @param {{ filter: Filter }} props */
function Total({ filter }) {
  return html`<span class="count">${useCount({ filter }) ?? ''}</span>`;
}

/**
 * Only for what can be redriven: it must be asked for by its state.
 *
 * @param {{ filter: Filter }} props
 */
function BulkRedrive({ filter }) {
  const count = useCount({ filter }) ?? 0;
  const isOver = filter['state'] === 'failed' || filter['state'] === 'cancelled';
  return isOver && count > 0 ? html`<${RedriveAll} filter=${filter} count=${count} />` : null;
}

/**
 * The pages loaded so far, for one filter.
 *
 * @typedef {{ key: string, floor: number, ceiling: number, next?: number, error?: unknown }} Pages
 * @param {Filter} filter
 * @param {number} generation
 * @param {string} address when it or the generation changes, all begins anew
 */
function usePages(filter, generation, address) {
  const key = `${generation} ${address}`;
  const [pages, setPages] = useState(/** @type {Pages} */ ({ key: '', floor: Infinity, ceiling: 0 }));
  const load = async (/** @type {number | undefined} */ after) => {
    try {
      const { items, next } = await loadCollections(filter, { limit: pageSize, ...(after ? { after } : {}) });
      // The last page reaches back to the beginning.
      const floor = next === undefined ? 0 : (items.at(-1)?.firstSequence ?? 0);
      const first = items[0]?.firstSequence ?? 0;
      const ceilingOf = (/** @type {Pages} */ old) =>
        after ? old.ceiling : Math.max(first, old.key === key ? old.ceiling : 0);
      setPages((old) => ({ key, floor, ceiling: ceilingOf(old), ...(next === undefined ? {} : { next }) }));
    } catch (error) {
      setPages((old) => ({ ...old, key, error }));
    }
  };
  useEffect(() => {
    if (generation > 0) void load(undefined);
  }, [key]);
  const showNew = () => setPages((old) => ({ ...old, ceiling: Infinity }));
  return { ...pages, more: () => void load(pages.next), again: () => void load(undefined), showNew };
}
