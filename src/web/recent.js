/**
 * The overview's second part: collections, newest first, filtered as the address says.
 *
 * @import { Filter, Item } from './types.ts'
 */
import { textsOf } from './form.js';
import { overviewLink } from './location.js';
import { loadCollections } from './model.js';
import { html, useEffect, useState } from './preact.js';
import { navigate } from './router.js';
import { listed } from './store.js';
import { CollectionLink, PodName, Problem, Simulated, StateBadge, stateWords, Time, useModel } from './ui.js';

const pageSize = 50;

/** @param {{ filter: Filter }} props */
export function Recent({ filter }) {
  const { store, generation } = useModel();
  const key = overviewLink(filter);
  const { floor, next, error, more, again } = usePages(filter, generation, key);
  // Of what is older than the pages loaded so far the store may know some, with gaps.
  const items = listed(store, filter).filter(({ firstSequence }) => firstSequence >= floor);
  return html`<section aria-labelledby="recent">
    <h2 id="recent">Recent</h2>
    <${Filters} key=${key} filter=${filter} items=${[...store.items.values()]} />
    ${error !== undefined && html`<${Problem} error=${error} again=${again} />`}
    <${Collections} items=${items} label="Recent collections" />
    ${
      items.length === 0 &&
      floor !== Infinity &&
      html`<p class="empty">
        ${key === '/' ? 'No collection yet.' : html`No collection matches. <a href="/">Show all</a>`}
      </p>`
    }
    ${
      next !== undefined &&
      html`<button type="button" class="older" onClick=${more}>Show older collections</button>`
    }
  </section>`;
}

/** @param {{ items: Item[], label: string, withPod?: boolean }} props */
export function Collections({ items, label, withPod = true }) {
  if (items.length === 0) return null;
  return html`<table class="collections">
    <caption class="visually-hidden">
      ${label}
    </caption>
    <thead>
      <tr>
        <th scope="col">State</th>
        ${withPod && html`<th scope="col">Pod</th>`}
        <th scope="col">Alert</th>
        <th scope="col">Requested</th>
        <th scope="col">Ended</th>
      </tr>
    </thead>
    <tbody>
      ${items.map((item) => html`<${Row} key=${item.id} item=${item} withPod=${withPod} />`)}
    </tbody>
  </table>`;
}

/** @param {{ item: Item, withPod: boolean }} props */
function Row({ item, withPod }) {
  return html`<tr>
    <td><${StateBadge} state=${item.state} /> ${item.simulated && html`<${Simulated} />`}</td>
    ${withPod && html`<td><${PodName} pod=${item} /></td>`}
    <td><${CollectionLink} item=${item} /></td>
    <td class="time"><${Time} at=${item.requestedAt} isAbsolute /></td>
    <td class="time">${item.endedAt ? html`<${Time} at=${item.endedAt} />` : '–'}</td>
  </tr>`;
}

/** @param {{ filter: Filter, items: Item[] }} props */
function Filters({ filter, items }) {
  const apply = (/** @type {Event} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLElement} */ (event.currentTarget).closest('form');
    if (!form) return;
    navigate(overviewLink(textsOf(new FormData(form))));
  };
  const isFiltered = Object.keys(filter).length > 0;
  return html`<form
    class="filters"
    role="search"
    aria-label="Collections"
    onSubmit=${apply}
    onChange=${apply}
  >
    <label>
      State
      <select name="state">
        <option value="">any</option>
        ${Object.keys(stateWords).map(
          (state) => html`<option value=${state} selected=${filter.state === state}>${state}</option>`,
        )}
      </select>
    </label>
    <${FilterText} name="namespace" label="Namespace" filter=${filter} items=${items} />
    <${FilterText} name="pod" label="Pod" filter=${filter} items=${items} />
    <${FilterText} name="alertname" label="Alert" filter=${filter} items=${items} />
    <button type="submit">Filter</button>
    ${isFiltered && html`<a class="clear" href="/">Show all</a>`}
  </form>`;
}

/** @param {{ name: 'namespace' | 'pod' | 'alertname', label: string, filter: Filter, items: Item[] }} props */
function FilterText({ name, label, filter, items }) {
  const known = [...new Set(items.flatMap((item) => item[name] ?? []))].sort().slice(0, 200);
  return html`<label>
    ${label}
    <input name=${name} value=${filter[name] ?? ''} list=${`known-${name}`} autocomplete="off" />
    <datalist id=${`known-${name}`}>${known.map((value) => html`<option value=${value}></option>`)}</datalist>
  </label>`;
}

/**
 * The pages loaded so far, for one filter.
 *
 * @param {Filter} filter
 * @param {number} generation
 * @param {string} address when it or the generation changes, all begins anew
 */
function usePages(filter, generation, address) {
  const key = `${generation} ${address}`;
  const [pages, setPages] = useState(/** @type {Pages} */ ({ key: '', floor: Infinity }));
  const load = async (/** @type {string | undefined} */ after) => {
    try {
      const { items, next } = await loadCollections({ ...filter, ...(after ? { after } : {}) }, pageSize);
      // The last page reaches back to the beginning.
      const floor = next === undefined ? 0 : (items.at(-1)?.firstSequence ?? 0);
      setPages({ key, floor, ...(next === undefined ? {} : { next }) });
    } catch (error) {
      setPages((old) => ({ ...old, key, error }));
    }
  };
  useEffect(() => {
    if (generation > 0) void load(undefined);
  }, [key]);
  return { ...pages, more: () => void load(pages.next), again: () => void load(undefined) };
}

/** @typedef {{ key: string, floor: number, next?: string, error?: unknown }} Pages */
