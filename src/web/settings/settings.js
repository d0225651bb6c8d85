/** What the service does with alerts, as it is configured, and how often it did: rows, what an alert would lead to, sources. */
import { Loading, useData } from '../data/use-data.js';
import { recordingsLink } from '../frame/places.js';
import { Problem, Time, useModel, useTick } from '../parts/ui.js';
import { html } from '../preact.js';
import { Sources } from './sources.js';
import { TryAlert } from './try-alert.js';

/** @import { ConfiguredRow, ShownSource } from '../data/types.ts' */

export function SettingsView() {
  const { store, generation } = useModel();
  const lately = `${store.lastSequence} ${useTick()}`;
  const rows = useData('rows', generation, lately, 5_000);
  const sources = useData('sources', generation, lately, 5_000);
  const items = /** @type {{ items: ConfiguredRow[] } | undefined} */ (rows.data)?.items;
  // All at once, so that nothing jumps while it loads.
  if ((rows.data ?? rows.error) === undefined || (sources.data ?? sources.error) === undefined)
    return html`<${Loading} />`;
  return html`<section aria-labelledby="settings">
    <h2 id="settings">Settings</h2>
    <p class="note">
      As the service was started with them. To try another configuration on the past: ${' '}<code
        >npx alert-watcher replay --what-if CONFIG --from 7d</code
      >
    </p>
    <h3 class="part" id="rows">Rows: which alert leads to which recording</h3>
    <p class="note">The first row whose matchers all match an alert is taken. Counts are of the last 24 h.</p>
    ${rows.error !== undefined && html`<${Problem} error=${rows.error} />`}
    ${items && html`<${Rows} rows=${items} />`}
    <h3 class="part">What would an alert lead to?</h3>
    <${TryAlert} />
    <h3 class="part" id="sources">Sources</h3>
    ${sources.error !== undefined && html`<${Problem} error=${sources.error} />`}
    <${Sources} sources=${/** @type {{ items: ShownSource[] } | undefined} */ (sources.data)?.items ?? []} />
  </section>`;
}

/** @param {{ rows: readonly ConfiguredRow[] }} props */
function Rows({ rows }) {
  return html`<table class="list rows">
    <caption class="visually-hidden">
      Rows
    </caption>
    <thead>
      <tr>
        <th scope="col" class="what">Row</th>
        <th scope="col">Matchers</th>
        <th scope="col">Records</th>
        <th scope="col" class="number">Led to</th>
        <th scope="col" class="number">Failed</th>
        <th scope="col" class="time">Last</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((row) => html`<${Row} key=${row.name} row=${row} />`)}
    </tbody>
  </table>`;
}

/** @param {{ row: ConfiguredRow }} props */
function Row({ row }) {
  const { name, match, collector, driver, durationSeconds, collections, lastAt, problem } = row;
  const filter = { rule: name, since: '24h' };
  const { failed = 0 } = collections;
  return html`<tr data-row>
    <td class="what">
      <a href=${recordingsLink(filter)}><bdi>${name}</bdi></a>
    </td>
    <td>${match.map((each) => html`<code class="matcher"><bdi>${each}</bdi></code> `)}</td>
    <td>
      ${`${durationSeconds} s by `}<bdi>${collector}</bdi>${driver !== collector && html` <span class="dim">(${driver})</span>`}
      ${problem !== undefined && html`<span class="detail problem"><bdi>${problem}</bdi></span>`}
    </td>
    <td class="number" data-label="led to">
      ${Object.values(collections).reduce((sum, count) => sum + count, 0)}
    </td>
    <td class="number" data-label="failed">
      ${failed > 0 ? html`<a href=${recordingsLink({ ...filter, state: 'failed' })}>${failed}</a>` : 0}
    </td>
    <td class="time">${lastAt ? html`<${Time} at=${lastAt} />` : 'never'}</td>
  </tr>`;
}
