/** One strip of figures; each leads to what it counts. */
import { activeStates } from '../data/model.js';
import { recordingsLink } from '../frame/places.js';
import { html } from '../preact.js';
import { countOf } from './use-now-data.js';

/** @import { NowData } from './use-now-data.js' */

/** @param {{ data: NowData }} props */
export function Counts({ data: { states, failures, alerts, sources } }) {
  const waiting = countOf(states, 'requested') ?? 0;
  const silent = sources?.filter(({ silentSince }) => silentSince !== undefined).length;
  const firing = alerts?.reduce((sum, group) => sum + group.firing, 0);
  return html`<dl class="counts">
    <${Count} label="Firing" value=${firing} href="/alerts?status=firing" note="last 24 h" />
    <${Count}
      label="Recording"
      value=${countOf(states, activeStates)}
      href=${recordingsLink({ state: activeStates })}
      note=${waiting > 0 ? `${waiting} of them wait` : 'under way'}
    />
    <${Count}
      label="Failed"
      value=${failures?.total}
      href=${recordingsLink({ state: 'failed', since: '24h' })}
      note="last 24 h"
      isBad=${(failures?.total ?? 0) > 0}
    />
    <${Count}
      label="Silent sources"
      value=${silent}
      href="/settings"
      note=${`of ${sources?.length ?? '…'}`}
      isBad=${(silent ?? 0) > 0}
    />
  </dl>`;
}

/** @param {{ label: string, value: number | undefined, href: string, note: string, isBad?: boolean }} props */
function Count({ label, value, href, note, isBad = false }) {
  return html`<div data-bad=${isBad}>
    <dt>${label}</dt>
    <dd><a href=${href}>${value ?? '…'}</a> <span class="dim">${note}</span></dd>
  </div>`;
}
