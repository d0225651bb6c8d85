/** What ended lately: a few lines whose places never move. */
import { loadCollections } from '../data/model.js';
import { isEnded, listed } from '../data/store.js';
import { useCalm } from '../parts/calm.js';
import { PodName, RecordingLink, Simulated, StateBadge, Time, useModel } from '../parts/ui.js';
import { html, useEffect, useState } from '../preact.js';

const places = 6;

export function Lately() {
  const { store, generation } = useModel();
  const [isRead, setRead] = useState(false);
  useEffect(() => {
    if (generation === 0) return;
    const loaded = loadCollections({ state: 'uploaded,failed,cancelled' }, { limit: places });
    loaded.then(
      () => setRead(true),
      () => undefined,
    );
  }, [generation]);
  const ended = listed(store, {})
    .filter(({ state }) => isEnded(state))
    .sort((a, b) => b.lastSequence - a.lastSequence)
    .slice(0, places);
  const { held, ref } = useCalm(ended);
  return html`<section class="lately" aria-labelledby="lately" ref=${ref}>
    <h3 id="lately">Ended lately</h3>
    ${
      held.length === 0
        ? html`<p class="empty">${isRead ? 'Nothing yet.' : '…'}</p>`
        : html`<ol class="ended">
            ${held.map(
              (item, place) =>
                html`<li key=${place} data-row data-state=${item.state}>
                  <${StateBadge} state=${item.state} /> ${item.simulated && html`<${Simulated} />`}
                  <${PodName} pod=${item} />
                  <span class="why"><${RecordingLink} item=${item} /></span>
                  ${item.error && html`<code title=${item.error.message}>${item.error.code}</code>`}
                  <span class="time dim"><${Time} at=${item.endedAt ?? item.requestedAt} /></span>
                </li>`,
            )}
          </ol>`
    }
    <p class="note"><a href="/recordings">All recordings</a></p>
  </section>`;
}
