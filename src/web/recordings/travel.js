/**
 * Time travel: the log of a collection event by event, with the state before and after each.
 *
 * @import { ReplayLine } from '../data/types.ts'
 */
import { Diagram } from './diagram.js';
import { differences } from './diff.js';
import { recordingLink } from '../frame/places.js';
import { html } from '../preact.js';
import { navigate } from '../frame/router.js';
import { Time } from '../parts/ui.js';

/** @param {{ id: string, lines: ReplayLine[], at: number | undefined }} props */
export function Travel({ id, lines, at }) {
  const found = at === undefined ? -1 : lines.findLastIndex(({ sequence }) => sequence <= at);
  // Without a choice it stays at the newest event, whatever comes.
  const index = found < 0 ? (at === undefined ? lines.length - 1 : 0) : found;
  const line = lines[index];
  if (!line) return null;
  const go = (/** @type {number} */ to) => {
    const target = lines[Math.min(Math.max(to, 0), lines.length - 1)];
    if (target) navigate(recordingLink(id, target.sequence), { isReplaced: true });
  };
  const text = `event ${index + 1} of ${lines.length}: ${line.type ?? 'unreadable'}`;
  return html`<div class="travel">
    <div class="slider">
      <button type="button" aria-label="First event" disabled=${index === 0} onClick=${() => go(0)}>«</button>
      <button type="button" aria-label="Event before" disabled=${index === 0} onClick=${() => go(index - 1)}>
        ‹
      </button>
      <input
        type="range"
        aria-label="Event"
        aria-valuetext=${text}
        min="0"
        max=${lines.length - 1}
        value=${index}
        onInput=${(/** @type {InputEvent} */ event) => go(Number(/** @type {HTMLInputElement} */ (event.target).value))}
      />
      <button
        type="button"
        aria-label="Next event"
        disabled=${index === lines.length - 1}
        onClick=${() => go(index + 1)}
      >
        ›
      </button>
      <button
        type="button"
        aria-label="Last event"
        disabled=${index === lines.length - 1}
        onClick=${() => go(lines.length - 1)}
      >
        »
      </button>
    </div>
    <p class="event">
      <span class="dim">${index + 1} of ${lines.length} · #${line.sequence}</span>
      <strong>${line.type ?? 'unreadable'}</strong>
      <${Time} at=${line.time} isAbsolute />
      ${line.effects.length > 0 && html`<span class="dim">then: ${line.effects.join(', ')}</span>`}
    </p>
    <${Diagram} id=${id} lines=${lines.slice(0, index + 1)} />
    <div class="columns">
      <${Difference} line=${line} />
      <div>
        <h4>Event</h4>
        <pre
          tabindex="0"
          aria-label="Data of the event"
        ><code>${JSON.stringify(line.data, null, 2)}</code></pre>
      </div>
    </div>
  </div>`;
}

/** @param {{ line: ReplayLine }} props */
function Difference({ line }) {
  const found = differences(line.before, line.after);
  return html`<div>
    <h4>What it changed in the state of the pod</h4>
    ${found.length === 0 && html`<p class="note">Nothing: the state took no notice of it.</p>`}
    ${
      found.length > 0 &&
      html`<table class="difference">
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          ${found.map(
            ({ path, before, after }) =>
              html`<tr>
                <th scope="row"><${Path} path=${path} /></th>
                <td class="before"><bdi>${before ?? '–'}</bdi></td>
                <td class="after"><bdi>${after ?? '–'}</bdi></td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }
    <details>
      <summary>Whole state after it</summary>
      <pre
        tabindex="0"
        aria-label="State of the pod"
      ><code>${JSON.stringify(line.after, null, 2)}</code></pre>
    </details>
  </div>`;
}

/** @param {{ path: string }} props breaks at its dots where it must */
function Path({ path }) {
  return html`<bdi
    >${path.split('.').map((part, index) => (index === 0 ? part : html`.<wbr />${part}`))}</bdi
  >`;
}
