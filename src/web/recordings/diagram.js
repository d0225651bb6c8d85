/**
 * The machine of the pod and the stages of one collection, with the states marked that they are in.
 *
 * @import { FeedEvent, ReplayLine } from '../data/types.ts'
 */
import { podEdges, stageBoxes, stageEdges, stageOf } from './diagram-data.js';
import { html } from '../preact.js';

/** @param {{ id: string, lines: ReplayLine[] }} props lines up to the event that is looked at */
export function Diagram({ id, lines }) {
  const line = lines.at(-1);
  const [before, after] = [stageOf(id, lines.slice(0, -1)), stageOf(id, lines)];
  const [podBefore, pod] = [line?.before.value ?? '', line?.after.value ?? ''];
  return html`<div class="diagrams">
    <figure>
      <svg viewBox="0 0 400 118" role="img" aria-label=${`This collection: ${wordsOf(before, after)}`}>
        <${Arrowheads} />
        ${stageEdges.map((edge) => html`<${Edge} ...${edge} isTaken=${edge.from === before && edge.to === after && before !== after} />`)}
        ${Object.entries(stageBoxes).map(([name, [x, y]]) => html`<${Box} ...${{ name, x, y, current: after }} />`)}
      </svg>
      <figcaption>This collection: ${wordsOf(before, after)}</figcaption>
    </figure>
    <figure>
      <svg viewBox="0 0 400 118" role="img" aria-label=${`The pod: ${wordsOf(podBefore, pod)}`}>
        <${Arrowheads} />
        ${podEdges.map(
          ({ from, to, d, events, labels }) =>
            html`<${Edge} ...${{ from, to, d }} isTaken=${podBefore !== pod && from === podBefore} />
              ${events.map(
                (event, index) =>
                  html`<text
                    class="edge"
                    x="200"
                    y=${labels[index]}
                    text-anchor="middle"
                    data-taken=${event === line?.type && podBefore !== pod}
                    >${event}</text
                  >`,
              )}`,
        )}
        <${Box} ...${{ name: 'idle', x: 4, y: 42, current: pod }} />
        <${Box} ...${{ name: 'collecting', x: 312, y: 42, current: pod }} />
      </svg>
      <figcaption>The pod, as its state machine has it: ${wordsOf(podBefore, pod)}</figcaption>
    </figure>
  </div>`;
}

/**
 * @param {string} before
 * @param {string} after
 */
function wordsOf(before, after) {
  if (before === after || before === '') return after || 'not there yet';
  return `${before} → ${after}`;
}

/** @param {{ name: string, x: number, y: number, current: string }} props */
function Box({ name, x, y, current }) {
  return html`<g class="box" data-state=${name} data-current=${name === current}>
    <rect x=${x} y=${y} width="84" height="28" rx="4" />
    <text x=${x + 42} y=${y + 18} text-anchor="middle">${name}</text>
  </g>`;
}

/** @param {{ d: string, isTaken: boolean }} props */
function Edge({ d, isTaken }) {
  return html`<path
    class="edge"
    d=${d}
    data-taken=${isTaken}
    marker-end=${isTaken ? 'url(#taken)' : 'url(#arrow)'}
  />`;
}

function Arrowheads() {
  return html`<defs>
    ${['arrow', 'taken'].map(
      (id) =>
        html`<marker
          id=${id}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerUnits="userSpaceOnUse"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path class=${id} d="M0 0 8 4 0 8z" />
        </marker>`,
    )}
  </defs>`;
}
