/** Alerts one by one, newest first, each with what it led to. */
import { get } from '../data/api.js';
import { queryOf } from '../data/model.js';
import { Loading } from '../data/use-data.js';
import { alertLink, recordingLink } from '../frame/places.js';
import { PodName, Problem, StateBadge, Time, useModel } from '../parts/ui.js';
import { html, useEffect, useState } from '../preact.js';
import { endWords } from './groups.js';

/**
 * @import { Filter, ListedAlert } from '../data/types.ts'
 * @typedef {{ items: ListedAlert[], next?: number }} AlertPage
 */

const pageSize = 50;

/** @param {{ filter: Filter }} props */
export function AlertList({ filter }) {
  const { generation } = useModel();
  const [page, setPage] = useState(/** @type {AlertPage | undefined} */ (undefined));
  const [error, setError] = useState(/** @type {unknown} */ (undefined));
  const load = async (/** @type {AlertPage | undefined} */ before) => {
    try {
      const after = before?.next === undefined ? {} : { after: String(before.next) };
      const { items, next } = /** @type {AlertPage} */ (
        await get(`alerts?${queryOf({ ...filter, limit: String(pageSize), ...after })}`)
      );
      setError(undefined);
      setPage({ items: [...(before?.items ?? []), ...items], ...(next === undefined ? {} : { next }) });
    } catch (problem) {
      setError(problem);
    }
  };
  useEffect(() => {
    if (generation > 0) void load(undefined);
  }, [generation]);
  return html`${error !== undefined && html`<${Problem} error=${error} again=${() => void load(page)} />`}
  ${!page && error === undefined && html`<${Loading} />`}
  ${page && (page.items.length === 0 ? html`<p class="empty">No alert matches. <a href="/alerts">Show all</a></p>` : html`<${Table} alerts=${page.items} />`)}
  ${page?.next !== undefined && html`<button type="button" class="older" onClick=${() => void load(page)}>Show older alerts</button>`}`;
}

/** @param {{ alerts: readonly ListedAlert[] }} props */
function Table({ alerts }) {
  return html`<table class="list alerts">
    <caption class="visually-hidden">
      Alerts
    </caption>
    <thead>
      <tr>
        <th scope="col">Alert</th>
        <th scope="col">Status</th>
        <th scope="col">Pod</th>
        <th scope="col">What became of it</th>
        <th scope="col">Received</th>
      </tr>
    </thead>
    <tbody>
      ${alerts.map(
        (alert) =>
          html`<tr key=${alert.id} data-row>
            <td class="what">
              <a href=${alertLink(alert.id)}><bdi>${alert.alertname ?? 'without a name'}</bdi></a>
            </td>
            <td>${alert.status}</td>
            <td>${podIn(alert)}</td>
            <td><${End} alert=${alert} /></td>
            <td class="time"><${Time} at=${alert.storedAt} isAbsolute /></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** @param {ListedAlert} alert one that names no pod has none of its parts */
function podIn({ kubeContext, namespace, pod }) {
  if (kubeContext === undefined || namespace === undefined || pod === undefined) return '–';
  return html`<${PodName} pod=${{ kubeContext, namespace, pod }} />`;
}

/** @param {{ alert: ListedAlert }} props */
function End({ alert: { became, outcome } }) {
  if (became === undefined) return null;
  const { collectionId, state, reason, pods } = outcome ?? {};
  const words = endWords[became];
  return html`${collectionId === undefined ? words : html`<a href=${recordingLink(collectionId)}>${words}</a>`}
  ${state && html` <${StateBadge} state=${state} />`}
  ${pods && html`<span class="dim">${pods.length} pods</span>`}
  ${reason && html`<span class="detail"><bdi>${reason}</bdi></span>`}`;
}
