/** Every pod that was recorded, the last active first. */
import { queryOf } from '../data/model.js';
import { Loading } from '../data/use-data.js';
import { getPage, usePages } from '../data/use-pages.js';
import { recordingLink, withQuery } from '../frame/places.js';
import { Filters, knownOf } from '../parts/filters.js';
import { PodName, Problem, StateBadge, Time, useModel } from '../parts/ui.js';
import { html } from '../preact.js';

/**
 * @import { ListedPod, Place } from '../data/types.ts'
 * @import { ListPage } from '../data/use-pages.js'
 */

const pageSize = 100;

/** @param {{ place: Place }} props */
export function PodsView({ place }) {
  const { query: filter } = place;
  const { generation } = useModel();
  const address = withQuery('/pods', filter);
  const path = `pods?${queryOf({ ...filter, limit: String(pageSize) })}`;
  const { items, next, error, more, again } = usePages(
    `${generation} ${path}`,
    generation > 0,
    (after) => /** @type {Promise<ListPage<ListedPod>>} */ (getPage(path, after)),
  );
  const pods = items ?? [];
  const fields = [
    { name: 'namespace', label: 'Namespace', known: knownOf(pods.map(({ namespace }) => namespace)) },
    { name: 'kubeContext', label: 'Context', known: knownOf(pods.map(({ kubeContext }) => kubeContext)) },
    { name: 'prefix', label: 'Begins with', placeholder: 'pod' },
  ];
  return html`<section aria-labelledby="pods">
    <h2 id="pods">Pods</h2>
    <${Filters} key=${address} path="/pods" label="Pods" filter=${filter} fields=${fields} />
    ${error !== undefined && html`<${Problem} error=${error} again=${again} />`}
    ${!items && error === undefined && html`<${Loading} />`}
    ${items && (pods.length === 0 ? html`<p class="empty">No pod was recorded${address === '/pods' ? ' yet' : ' that matches'}.</p>` : html`<${Table} pods=${pods} />`)}
    ${next !== undefined && html`<button type="button" class="older" onClick=${more}>Show more pods</button>`}
  </section>`;
}

/** @param {{ pods: readonly ListedPod[] }} props */
function Table({ pods }) {
  return html`<table class="list pods">
    <caption class="visually-hidden">
      Pods
    </caption>
    <thead>
      <tr>
        <th scope="col">Pod</th>
        <th scope="col">Now</th>
        <th scope="col" class="number">Recordings</th>
        <th scope="col" class="number">Failed</th>
        <th scope="col">Last</th>
        <th scope="col">When</th>
      </tr>
    </thead>
    <tbody>
      ${pods.map((pod) => html`<${Row} pod=${pod} />`)}
    </tbody>
  </table>`;
}

/** @param {{ pod: ListedPod }} props */
function Row({ pod }) {
  const { last, collections, cooldownUntil } = pod;
  return html`<tr data-row>
    <td class="what"><${PodName} pod=${pod} /></td>
    <td>
      ${pod.state}
      ${cooldownUntil && html`<span class="dim">cooldown ends <${Time} at=${cooldownUntil} /></span>`}
    </td>
    <td class="number" data-label="recordings">
      ${Object.values(collections).reduce((sum, count) => sum + count, 0)}
    </td>
    <td class="number" data-label="failed">${collections.failed ?? 0}</td>
    <td>
      <a href=${recordingLink(last.id)}><${StateBadge} state=${last.state} /></a>
      ${last.error && html` <code>${last.error.code}</code>`}
    </td>
    <td class="time"><${Time} at=${last.endedAt ?? last.requestedAt} /></td>
  </tr>`;
}
