/**
 * An explanation as the service gives it: each chapter with its outcome and its steps.
 *
 * @import { Chapter, Outcome, Step } from '../data/types.ts'
 */
import { recordingLink } from '../frame/places.js';
import { html } from '../preact.js';
import { PodName, Time } from '../parts/ui.js';
import { Sentence } from '../parts/sentence.js';

/**
 * A chapter; `isOpen: false` shows what it came to, and the rest when somebody wants it. `isGrowing` keeps room for what is to
 * come, so that it moves nothing below. `withOutcome: false` is for a view that says it above.
 *
 * @param {{ chapter: Chapter, isLinked?: boolean, isOpen?: boolean, isGrowing?: boolean, withPod?: boolean, withOutcome?: boolean }} props
 */
export function ChapterView({
  chapter,
  isLinked = false,
  isOpen = true,
  isGrowing = false,
  withPod = false,
  withOutcome = true,
}) {
  const { pod, alerts, moreAlerts, collectionId, outcome, steps } = chapter;
  const names = [...new Set(alerts.map(({ alertname }) => alertname ?? 'an alert without a name'))];
  const title = names.length > 0 ? names.join(', ') : 'By hand';
  const table = html`<${Steps} steps=${steps} collectionId=${collectionId} />`;
  return html`<article class="chapter" data-outcome=${outcome.kind} data-grows=${isGrowing} data-row>
    ${
      (isLinked || names.length > 1 || moreAlerts > 0) &&
      html`<h3>
        ${
          isLinked && collectionId !== undefined
            ? html`<a href=${recordingLink(collectionId)}><bdi>${title}</bdi></a>`
            : html`<bdi>${title}</bdi>`
        }
        ${moreAlerts > 0 && html` <span class="dim">and ${moreAlerts} more alerts</span>`}
        ${withPod && pod && html` <span class="of"><${PodName} pod=${pod} /></span>`}
      </h3>`
    }
    ${withOutcome && html`<${OutcomeView} outcome=${outcome} />`}
    ${
      isOpen
        ? table
        : html`<details>
            <summary>${steps.length} ${steps.length === 1 ? 'step' : 'steps'}</summary>
            ${table}
          </details>`
    }
  </article>`;
}

/** @param {{ outcome: Outcome }} props */
export function OutcomeView({ outcome: { sentence, action } }) {
  return html`<p class="outcome"><${Sentence} text=${sentence} /></p>
    ${action !== undefined && html`<p class="action"><${Sentence} text=${action} /></p>`}`;
}

/** @param {{ steps: readonly Step[], collectionId: string | undefined }} props */
function Steps({ steps, collectionId }) {
  return html`<table class="steps">
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
      ${steps.map((step) => html`<${StepRow} key=${`${step.sequence} ${step.kind}`} step=${step} collectionId=${collectionId} />`)}
    </tbody>
  </table>`;
}

/** @param {{ step: Step, collectionId: string | undefined }} props */
function StepRow({ step, collectionId }) {
  const { at, sequence, kind, sentence, details, counts, count, steps } = step;
  return html`<tr data-kind=${kind} data-counts=${counts === false ? 'no' : 'yes'}>
    <td class="time">${sequence !== undefined && html`<${Time} at=${at} isAbsolute />`}</td>
    <td class="time dim">${sequence === undefined ? 'now' : html`<${Time} at=${at} />`}</td>
    <td class="sequence"><${Sequence} step=${step} collectionId=${collectionId} /></td>
    <td>
      ${
        steps
          ? html`<details>
              <summary><${Sentence} text=${sentence} /></summary>
              <${Steps} steps=${steps} collectionId=${collectionId} />
              ${count !== undefined && steps.length < count && html`<p class="note">These are the first of them.</p>`}
            </details>`
          : html`<${Sentence} text=${sentence} />`
      }
      ${details?.map((detail) => html`<span class="detail"><${Sentence} text=${detail} /></span>`)}
    </td>
  </tr>`;
}

/** @param {{ step: Step, collectionId: string | undefined }} props */
function Sequence({ step: { sequence, kind }, collectionId }) {
  if (sequence === undefined) return null;
  if (collectionId === undefined || kind === 'received' || kind === 'resolved')
    return html`<span class="dim">#${sequence}</span>`;
  return html`<a href=${recordingLink(collectionId, sequence)} title="The state at this event"
    >#${sequence}</a
  >`;
}
