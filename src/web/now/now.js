/** What is so now: counts, what needs somebody, what is being recorded, and what ended lately. */
import { Loading } from '../data/use-data.js';
import { Problem, useModel } from '../parts/ui.js';
import { html } from '../preact.js';
import { Attention } from './attention.js';
import { Counts } from './counts.js';
import { Lately } from './lately.js';
import { Recording } from './recording.js';
import { useNowData } from './use-now-data.js';

export function Now() {
  const { isLoaded, problem, health } = useModel();
  const data = useNowData();
  const { states, failures, sources, error } = data;
  const isKnown = states && failures && sources && isLoaded && health.status !== 'unknown';
  // All at once, so that what is below does not jump when what is above it comes.
  const isShown = isKnown || error !== undefined || problem;
  return html`<h2 class="visually-hidden">Now</h2>
    <${Counts} data=${data} />
    ${problem && !isLoaded && html`<${Problem} error=${problem} />`}
    ${error !== undefined && !problem && html`<${Problem} error=${error} />`}
    ${
      isShown
        ? html`<div class="now">
            <${Attention} data=${data} />
            <${Recording} data=${data} />
            <${Lately} />
          </div>`
        : html`<${Loading} />`
    }`;
}
