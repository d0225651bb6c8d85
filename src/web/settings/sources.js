/** Where alerts come from, and whether anything is heard of it. */
import { Time } from '../parts/ui.js';
import { html } from '../preact.js';

/** @import { ShownSource } from '../data/types.ts' */

/** @param {{ sources: readonly ShownSource[] }} props */
export function Sources({ sources }) {
  return html`<table class="list sources">
    <caption class="visually-hidden">
      Sources
    </caption>
    <thead>
      <tr>
        <th scope="col">Source</th>
        <th scope="col">Format</th>
        <th scope="col">Posts to</th>
        <th scope="col">Must show</th>
        <th scope="col">Last alert</th>
        <th scope="col">Is heard</th>
      </tr>
    </thead>
    <tbody>
      ${sources.map((source) => html`<${Row} key=${source.name} source=${source} />`)}
    </tbody>
  </table>`;
}

/** @param {{ source: ShownSource }} props */
function Row({
  source: { name, format, paths, auth, lastAlertAt, lastHeardAt, silentAfterSeconds, silentSince },
}) {
  return html`<tr data-row>
    <td class="what"><bdi>${name}</bdi></td>
    <td>${format}</td>
    <td>${paths.map((path) => html`<code>${path}</code> `)}</td>
    <td data-label="must show">${auth === 'none' ? 'nothing' : auth}</td>
    <td class="time">${lastAlertAt ? html`<${Time} at=${lastAlertAt} />` : 'never'}</td>
    <td>
      ${silentSince !== undefined && html`<span class="problem">silent since <${Time} at=${silentSince} /></span>`}
      ${silentSince === undefined && silentAfterSeconds !== undefined && (lastHeardAt ? html`yes, <${Time} at=${lastHeardAt} />` : 'not yet')}
      ${silentAfterSeconds === undefined && html`<span class="dim">not watched (<code>silentAfterSeconds</code>)</span>`}
    </td>
  </tr>`;
}
