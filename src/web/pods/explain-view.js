/**
 * An explanation as the service gives it: each chapter with its outcome and its steps.
 *
 * @import { Chapter, Step } from '../data/types.ts'
 */
import { recordingLink } from '../frame/places.js';
import { html } from '../preact.js';
import { Time } from '../parts/ui.js';
import { Sentence } from '../parts/sentence.js';

/** @param {{ chapter: Chapter, isLinked?: boolean }} props */
export function ChapterView({ chapter, isLinked = false }) {
  const { alerts, moreAlerts, collectionId, outcome, steps } = chapter;
  const names = [...new Set(alerts.map(({ alertname }) => alertname ?? 'an alert without a name'))];
  const title = names.length > 0 ? names.join(', ') : 'By hand';
  return html`<article class="chapter" data-outcome=${outcome.kind}>
    ${
      (isLinked || names.length > 1 || moreAlerts > 0) &&
      html`<h3>
        ${
          isLinked && collectionId !== undefined
            ? html`<a href=${recordingLink(collectionId)}><bdi>${title}</bdi></a>`
            : html`<bdi>${title}</bdi>`
        }
        ${moreAlerts > 0 && html` <span class="dim">and ${moreAlerts} more alerts</span>`}
      </h3>`
    }
    <p class="outcome"><${Sentence} text=${outcome.sentence} /></p>
    <table class="steps">
      <caption class="visually-hidden">
        What happened, in order
      </caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Ago</th>
          <th scope="col">Event</th>
          <th scope="col">What happened</th>
        </tr>
      </thead>
      <tbody>
        ${steps.map((step) => html`<${StepRow} step=${step} collectionId=${collectionId} />`)}
      </tbody>
    </table>
  </article>`;
}

/** @param {{ step: Step, collectionId: string | undefined }} props */
function StepRow({ step, collectionId }) {
  const { at, sequence, kind, sentence, details, counts } = step;
  return html`<tr data-kind=${kind} data-counts=${counts === false ? 'no' : 'yes'}>
    <td class="time">${sequence !== undefined && html`<${Time} at=${at} isAbsolute />`}</td>
    <td class="time dim">${sequence === undefined ? 'now' : html`<${Time} at=${at} />`}</td>
    <td class="sequence">
      ${
        sequence !== undefined &&
        (collectionId === undefined || kind === 'received' || kind === 'resolved'
          ? html`<span class="dim">#${sequence}</span>`
          : html`<a href=${recordingLink(collectionId, sequence)} title="The state at this event"
              >#${sequence}</a
            >`)
      }
    </td>
    <td>
      <${Sentence} text=${sentence} />
      ${details?.map((detail) => html`<span class="detail"><${Sentence} text=${detail} /></span>`)}
    </td>
  </tr>`;
}
