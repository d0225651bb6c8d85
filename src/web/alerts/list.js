/** Alerts one by one, newest first, each with what it led to. */
import { queryOf } from '../data/model.js';
import { Loading } from '../data/use-data.js';
import { getPage, usePages } from '../data/use-pages.js';
import { alertLink, recordingLink } from '../frame/places.js';
import { PodName, Problem, StateBadge, Time, useModel } from '../parts/ui.js';
import { html } from '../preact.js';
import { endWords } from './groups.js';

/**
 * @import { Filter, ListedAlert } from '../data/types.ts'
 * @import { ListPage } from '../data/use-pages.js'
 */

const pageSize = 50;

/** @param {{ filter: Filter }} props */
export function AlertList({ filter }) {
  const { generation } = useModel();
  const path = `alerts?${queryOf({ ...filter, limit: String(pageSize) })}`;
  const { items, next, error, more, again } = usePages(
    `${generation} ${path}`,
    generation > 0,
    (after) => /** @type {Promise<ListPage<ListedAlert>>} */ (getPage(path, after)),
  );
  return html`${error !== undefined && html`<${Problem} error=${error} again=${again} />`}
  ${!items && error === undefined && html`<${Loading} />`}
  ${items && (items.length === 0 ? html`<p class="empty">No alert matches. <a href="/alerts">Show all</a></p>` : html`<${Table} alerts=${items} />`)}
  ${next !== undefined && html`<button type="button" class="older" onClick=${more}>Show older alerts</button>`}`;
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
