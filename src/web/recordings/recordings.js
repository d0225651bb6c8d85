/**
 * Every recording, newest first, filtered as the address says. What comes new waits until somebody wants to see it, so that
 * nothing moves under the pointer; what is shown changes in its place.
 *
 * @import { Filter, Item, Place } from '../data/types.ts'
 */
import { loadCollections, queryOf } from '../data/model.js';
import { isMeant, listed } from '../data/store.js';
import { useData } from '../data/use-data.js';
import { usePages } from '../data/use-pages.js';
import { recordingsLink } from '../frame/places.js';
import { Filters, knownOf } from '../parts/filters.js';
import { RedriveAll } from '../parts/redrive-all.js';
import { Problem, stateWords, useModel } from '../parts/ui.js';
import { html, useEffect } from '../preact.js';
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
  const {
    items: loaded,
    isOfKey,
    next,
    error,
    more,
    again,
  } = usePages(`${generation} ${address}`, generation > 0, (after) =>
    loadCollections(filter, { limit: pageSize, ...(after === undefined ? {} : { after }) }),
  );
  const newest = loaded?.[0]?.firstSequence ?? (loaded ? 0 : Infinity);
  // Rows stay where they were loaded; what the feed tells changes them in their places.
  const items = loaded?.map((each) => store.items.get(each.id) ?? { ...each, events: [], isWhole: false });
  const fresh = listed(store, filter).filter(({ firstSequence }) => firstSequence > newest).length;
  const gone = items?.filter((item) => !isMeant(item, filter)).length ?? 0;
  const isStale = isOfKey && (fresh > 0 || gone > 0);
  useEffect(() => {
    if (isOfKey && items?.length === 0 && fresh > 0) again();
  }, [isOfKey, fresh > 0]);
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
        isStale
          ? html`<button type="button" onClick=${again}>Show ${wordsOf(fresh, gone)}</button>`
          : html`<span class="note">Newest first. What is new waits here.</span>`
      }
      <${BulkRedrive} filter=${filter} />
    </p>
    ${error !== undefined && html`<${Problem} error=${error} again=${again} />`}
    <${RecordingTable} items=${items ?? []} label="Recordings" />
    ${
      items?.length === 0 &&
      html`<p class="empty">
        ${address === '/recordings' ? 'No recording yet.' : html`No recording matches. <a href="/recordings">Show all</a>`}
      </p>`
    }
    ${next !== undefined && html`<button type="button" class="older" onClick=${more}>Show older recordings</button>`}
  </section>`;
}

/**
 * @param {number} fresh
 * @param {number} gone
 */
function wordsOf(fresh, gone) {
  const parts = [
    ...(fresh > 0 ? [`${fresh} new`] : []),
    ...(gone > 0 ? [`without ${gone} that no longer match`] : []),
  ];
  return parts.join(', ');
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
