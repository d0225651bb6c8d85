/** Alerts by their name and namespace, a line each, with what became of them. */
import { alertLink, alertsLink } from '../frame/places.js';
import { Time } from '../parts/ui.js';
import { html } from '../preact.js';

/** @import { OutcomeKind, AlertGroup } from '../data/types.ts' */

/** @type {Record<OutcomeKind, string>} */
export const endWords = {
  recorded: 'recorded',
  attached: 'attached to a recording',
  suppressed: 'suppressed',
  declined: 'declined',
  unmatched: 'matched by no row',
  searching: 'its pods are looked for',
  undecided: 'not decided yet',
};

/** @param {{ groups: readonly AlertGroup[], since: string }} props */
export function GroupTable({ groups, since }) {
  return html`<table class="list groups">
    <caption class="visually-hidden">
      Alerts by name and namespace
    </caption>
    <thead>
      <tr>
        <th scope="col" class="what">Alert</th>
        <th scope="col">Namespace</th>
        <th scope="col" class="number">Received</th>
        <th scope="col" class="number">Firing</th>
        <th scope="col" class="ends">What became of them</th>
        <th scope="col" class="pods">Pods</th>
        <th scope="col" class="time">Last</th>
      </tr>
    </thead>
    <tbody>
      ${groups.map((group) => html`<${Row} key=${keyOf(group)} group=${group} since=${since} />`)}
    </tbody>
  </table>`;
}

/** @param {AlertGroup} group */
export function keyOf({ alertname, namespace }) {
  return JSON.stringify([alertname, namespace]);
}

/** @param {{ group: AlertGroup, since: string }} props */
function Row({ group, since }) {
  const { alertname, namespace, alerts, firing, pods, morePods, lastAt, latestId } = group;
  const narrowed = {
    since,
    ...(alertname === null ? {} : { alertname }),
    ...(namespace === null ? {} : { namespace }),
  };
  return html`<tr data-row>
    <td class="what">
      <a href=${alertsLink(narrowed)}><bdi>${alertname ?? 'without a name'}</bdi></a>
    </td>
    <td><bdi>${namespace ?? '–'}</bdi></td>
    <td class="number" data-label="received">${alerts}</td>
    <td class="number" data-label="firing">${firing}</td>
    <td><${Ends} group=${group} narrowed=${narrowed} /></td>
    <td class="place"><bdi>${pods.join(', ')}</bdi>${morePods > 0 && ` +${morePods}`}</td>
    <td class="time">
      <a href=${alertLink(latestId)}><${Time} at=${lastAt} /></a>
    </td>
  </tr>`;
}

/** @param {{ group: AlertGroup, narrowed: Record<string, string> }} props */
function Ends({ group: { outcomes, reasons }, narrowed }) {
  const ends = /** @type {[OutcomeKind, string][]} */ (Object.entries(endWords)).filter(
    ([end]) => outcomes[end] > 0,
  );
  return html`<span class="ends">
      ${ends.map(
        ([end, words]) =>
          html`<a class="end" data-end=${end} href=${alertsLink({ ...narrowed, outcome: end })}
            >${outcomes[end]} ${words}</a
          > `,
      )}
    </span>
    ${reasons.slice(0, 2).map(({ reason, count }) => html`<span class="detail"><bdi>${reason}</bdi> (${count})</span>`)}`;
}
