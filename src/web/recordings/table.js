/** Recordings as a dense table. */
import { bytes, duration } from '../parts/time.js';
import { PodName, RecordingLink, Simulated, StateBadge, Time } from '../parts/ui.js';
import { html } from '../preact.js';

/** @import { Item } from '../data/types.ts' */

/** @param {{ items: Item[], label: string, withPod?: boolean }} props */
export function RecordingTable({ items, label, withPod = true }) {
  if (items.length === 0) return null;
  return html`<table class="list recordings">
    <caption class="visually-hidden">
      ${label}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="state">State</th>
        ${withPod && html`<th scope="col" class="what">Pod</th>`}
        <th scope="col" class="why">Alert</th>
        <th scope="col">Reason of failure</th>
        <th scope="col" class="number">Size</th>
        <th scope="col" class="number">Took</th>
        <th scope="col" class="time">Requested</th>
      </tr>
    </thead>
    <tbody>
      ${items.map((item) => html`<${Row} key=${item.id} item=${item} withPod=${withPod} />`)}
    </tbody>
  </table>`;
}

/** @param {{ item: Item, withPod: boolean }} props */
function Row({ item, withPod }) {
  const { error, endedAt, requestedAt, attempts } = item;
  return html`<tr data-row data-state=${item.state}>
    <td class="state"><${StateBadge} state=${item.state} /> ${item.simulated && html`<${Simulated} />`}</td>
    ${withPod && html`<td class="what"><${PodName} pod=${item} /></td>`}
    <td class="why"><${RecordingLink} item=${item} /></td>
    <td class="reason">
      ${error && html`<span title=${error.message}><code>${error.code}</code> <bdi class="dim">${error.message}</bdi></span>`}
      ${attempts > 1 && html`<span class="dim">${attempts} attempts</span>`}
    </td>
    <td class="number">${item.bytes === undefined ? '' : bytes(item.bytes)}</td>
    <td class="number">${endedAt ? duration(Date.parse(endedAt) - Date.parse(requestedAt)) : ''}</td>
    <td class="time"><${Time} at=${requestedAt} isAbsolute /></td>
  </tr>`;
}
