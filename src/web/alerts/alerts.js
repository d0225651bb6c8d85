/**
 * Every alert that was received, grouped by its name and namespace, with what became of them; or one by one, where the address
 * narrows it to a name or a namespace.
 */
import { queryOf } from '../data/model.js';
import { Loading, useData } from '../data/use-data.js';
import { alertsLink } from '../frame/places.js';
import { Filters, knownOf } from '../parts/filters.js';
import { Problem, useModel, useTick } from '../parts/ui.js';
import { html, useEffect, useState } from '../preact.js';
import { endWords, GroupTable, keyOf } from './groups.js';
import { AlertList } from './list.js';

/** @import { AlertGroup, Filter, Place } from '../data/types.ts' */

const costlyMs = 3_000;
const spans = /** @type {[string, string][]} */ ([['1h', '1 hour'], ['6h', '6 hours'], ['24h', '24 hours'], ['7d', '7 days']]); // prettier-ignore
const statuses = /** @type {[string, string][]} */ ([['firing', 'firing'], ['resolved', 'resolved']]); // prettier-ignore
const ends = Object.entries(endWords);

/** @param {{ place: Place }} props */
export function AlertsView({ place }) {
  const { query: filter } = place;
  const { store, generation } = useModel();
  const { since = '24h', prefix } = filter;
  const groups = useData(
    `alerts/groups?${queryOf({ since, ...(prefix ? { prefix } : {}) })}`,
    generation,
    `${store.lastSequence} ${useTick()}`,
    costlyMs,
  );
  const answer = /** @type {{ items: AlertGroup[], downTo?: number } | undefined} */ (groups.data);
  const isNarrow = ['alertname', 'namespace', 'status', 'outcome', 'pod'].some((name) => filter[name]);
  const address = alertsLink(filter);
  return html`<section aria-labelledby="alerts">
    <h2 id="alerts">
      Alerts <span class="count">${answer?.items.reduce((sum, { alerts }) => sum + alerts, 0) ?? ''}</span>
    </h2>
    <${Filters}
      key=${address}
      path="/alerts"
      label="Alerts"
      filter=${filter}
      fields=${fieldsOf(answer?.items ?? [])}
    />
    ${groups.error !== undefined && html`<${Problem} error=${groups.error} />`}
    ${!answer && groups.error === undefined && html`<${Loading} />`}
    ${answer?.downTo !== undefined && html`<p class="note">There are more than could be read in time: older ones of these ${since} are left out.</p>`}
    ${answer && (isNarrow ? html`<${AlertList} key=${address} filter=${{ ...filter, since }} />` : html`<${Groups} key=${address} groups=${answer.items} since=${since} />`)}
  </section>`;
}

/**
 * In the order in which they were when the view was opened: what comes changes them in their places, or waits.
 *
 * @param {{ groups: AlertGroup[], since: string }} props
 */
function Groups({ groups, since }) {
  const [order, setOrder] = useState(() => groups.map(keyOf));
  const byKey = new Map(groups.map((group) => [keyOf(group), group]));
  const shown = order.flatMap((key) => byKey.get(key) ?? []);
  const fresh = groups.length - shown.length;
  useEffect(() => {
    if (shown.length === 0 && fresh > 0) setOrder(groups.map(keyOf));
  });
  if (groups.length === 0) return html`<p class="empty">No alert came in the last ${since}.</p>`;
  return html`<p class="above">
      ${
        fresh > 0
          ? html`<button type="button" onClick=${() => setOrder(groups.map(keyOf))}>
              Show ${fresh} new
            </button>`
          : html`<span class="note"
              >The newest first, as of when this was opened. What is new waits here.</span
            >`
      }
    </p>
    <${GroupTable} groups=${shown} since=${since} />`;
}

/** @param {readonly AlertGroup[]} groups */
function fieldsOf(groups) {
  return [
    { name: 'since', label: 'Last', options: spans, fallback: '24h' },
    { name: 'status', label: 'Status', options: statuses },
    { name: 'outcome', label: 'What became of it', options: ends },
    {
      name: 'alertname',
      label: 'Alert',
      known: knownOf(groups.map(({ alertname }) => alertname ?? undefined)),
    },
    {
      name: 'namespace',
      label: 'Namespace',
      known: knownOf(groups.map(({ namespace }) => namespace ?? undefined)),
    },
    { name: 'prefix', label: 'Begins with', placeholder: 'alert, fingerprint or pod' },
  ];
}
