/** What is being recorded: a few rows that keep their places, and how many more there are. */
import { activeStates, loadStory } from '../data/model.js';
import { progressOf } from '../data/progress.js';
import { isEnded, listed } from '../data/store.js';
import { Loading } from '../data/use-data.js';
import { recordingsLink } from '../frame/places.js';
import { PodName, RecordingLink, Simulated, StateBadge, Time, useModel } from '../parts/ui.js';
import { html, useEffect, useRef } from '../preact.js';
import { Stage } from '../recordings/stage.js';
import { Empty } from './empty.js';
import { slotsAfter } from './slots.js';
import { countOf } from './use-now-data.js';

/**
 * @import { Item } from '../data/types.ts'
 * @import { NowData } from './use-now-data.js'
 */

const places = 8;

/** @param {{ data: NowData }} props */
export function Recording({ data: { states, namespaces } }) {
  const { store, isLoaded } = useModel();
  const active = listed(store, {}).filter(({ state }) => !isEnded(state));
  const before = useRef(/** @type {(string | undefined)[]} */ ([]));
  const slots = slotsAfter(before.current, active, places);
  before.current = slots.map((item) => item?.id);
  const shown = slots.filter((item) => item !== undefined);
  useStories(shown);
  const total = Math.max(countOf(states, activeStates) ?? 0, active.length);
  return html`<section class="recording" aria-labelledby="recording">
    <h3 id="recording">Recording <span class="count">${isLoaded ? total : ''}</span></h3>
    ${!isLoaded && html`<${Loading} />`}
    ${isLoaded && active.length === 0 && html`<${Empty} hasHistory=${(states?.total ?? 0) > 0} />`}
    <ol class="active">
      ${isLoaded && active.length > 0 && slots.map((item, place) => html`<${Slot} key=${place} item=${item} />`)}
    </ol>
    <p class="note more">
      ${total > shown.length && shown.length > 0 && html`<${More} more=${total - shown.length} namespaces=${namespaces?.items.length} />`}
    </p>
  </section>`;
}

/**
 * Progress needs the events of what is shown: they are asked for once each.
 *
 * @param {readonly Item[]} items
 */
function useStories(items) {
  const { generation } = useModel();
  const asked = useRef({ generation: 0, ids: /** @type {Set<string>} */ (new Set()) });
  useEffect(() => {
    if (asked.current.generation !== generation) asked.current = { generation, ids: new Set() };
    const { ids } = asked.current;
    for (const { id, isWhole } of items) {
      if (isWhole || ids.has(id)) continue;
      ids.add(id);
      // What cannot be read now is read with the next load.
      loadStory(id).catch(() => undefined);
    }
  });
}

/** @param {{ more: number, namespaces: number | undefined }} props */
function More({ more, namespaces }) {
  const where =
    namespaces === undefined ? '' : ` in ${namespaces} ${namespaces === 1 ? 'namespace' : 'namespaces'}`;
  return html`<a href=${recordingsLink({ state: activeStates })}>+${more}${where}</a>`;
}

/** @param {{ item: Item | undefined }} props */
function Slot({ item }) {
  if (!item) return html`<li class="vacant" aria-hidden="true"></li>`;
  const progress = progressOf(item);
  return html`<li data-state=${item.state} data-row>
    <div class="what"><${PodName} pod=${item} /></div>
    <div class="why">
      <${RecordingLink} item=${item} /> <span class="dim"><${Time} at=${item.requestedAt} /></span>
    </div>
    <div class="stage">
      <${StateBadge} state=${item.state} /> ${progress.recording?.simulated && html`<${Simulated} />`}
    </div>
    <${Stage} item=${item} progress=${progress} />
  </li>`;
}
