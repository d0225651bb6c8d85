/**
 * The time line as a picture. The words below it tell the same to those who do not see it.
 *
 * @import { Chapter } from '../data/types.ts'
 * @import { Lane, Mark } from './timeline.js'
 */
import { recordingLink } from '../frame/places.js';
import { html } from '../preact.js';
import { full, tick as tickText } from '../parts/time.js';
import { timelineOf } from './timeline.js';
import { useNow } from '../parts/ui.js';

const [laneHeight, barHeight, axisHeight] = [38, 14, 22];

/** @param {{ chapters: Chapter[], span: string }} props */
export function TimelineView({ chapters, span }) {
  const now = useNow();
  const { from, to, lanes, ticks } = timelineOf(chapters, span, now);
  const x = (/** @type {number} */ millis) => `${(((millis - from) / (to - from)) * 100).toFixed(3)}%`;
  const height = lanes.length * laneHeight + axisHeight;
  return html`<figure class="timeline" aria-label="Time line; the same in words is below">
    <svg height=${height} aria-hidden="true">
      ${ticks.map(
        (tick) =>
          html`<line class="tick" x1=${x(tick)} x2=${x(tick)} y1="0" y2=${height - axisHeight + 4} />
            <text class="axis" x=${x(tick)} y=${height - 5} text-anchor="middle"
              >${tickText(tick, to - from)}</text
            >`,
      )}
      ${lanes.map((lane, index) => html`<${LaneView} lane=${lane} x=${x} top=${index * laneHeight} />`)}
      ${to >= now && html`<line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2=${height - axisHeight} />`}
    </svg>
    <figcaption>
      <${Legend} />
    </figcaption>
  </figure>`;
}

/** @param {{ lane: Lane, x: (millis: number) => string, top: number }} props */
function LaneView({ lane, x, top }) {
  return html`<g class="lane">
    <line class="rule" x1="0" x2="100%" y1=${top + laneHeight} y2=${top + laneHeight} />
    <text class="name" x="4" y=${top + 12}>${lane.name}</text>
    ${lane.marks.map((mark) => html`<${MarkView} mark=${mark} x=${x} y=${top + laneHeight - barHeight - 5} />`)}
  </g>`;
}

/** @param {{ mark: Mark, x: (millis: number) => string, y: number }} props */
function MarkView({ mark, x, y }) {
  const { from, to, kind, label, collectionId } = mark;
  const title = html`<title>${`${label}\n${full(from)}`}</title>`;
  const share = Number.parseFloat(x(to)) - Number.parseFloat(x(from));
  const shape =
    from === to
      ? html`<circle class="mark" data-kind=${kind} cx=${x(from)} cy=${y + barHeight / 2} r="5"
          >${title}</circle
        >`
      : html`<rect
          class="mark"
          data-kind=${kind}
          x=${x(from)}
          y=${y}
          width=${`${share.toFixed(3)}%`}
          height=${barHeight}
        >
          ${title}
        </rect>`;
  // The words below have these links for the keyboard.
  return collectionId === undefined
    ? shape
    : html`<a href=${recordingLink(collectionId)} tabindex="-1">${shape}</a>`;
}

function Legend() {
  const kinds = [
    ...[
      ['received', 'alert'],
      ['attached', 'attached'],
      ['suppressed', 'suppressed'],
      ['resolved', 'resolved'],
    ],
    ...[
      ['requested', 'requested'],
      ['collecting', 'collecting'],
      ['uploading', 'uploading'],
    ],
    ...[
      ['uploaded', 'uploaded / succeeded'],
      ['failed', 'failed'],
    ],
  ];
  return html`<ul class="legend" aria-hidden="true">
    ${kinds.map(([kind, word]) => html`<li><span class="key" data-kind=${kind}></span>${word}</li>`)}
  </ul>`;
}
