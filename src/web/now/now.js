/** What is so now: counts, what needs somebody, what is being recorded, and what ended lately. */
import { Problem, useModel } from '../parts/ui.js';
import { html } from '../preact.js';
import { Attention } from './attention.js';
import { Counts } from './counts.js';
import { Lately } from './lately.js';
import { Recording } from './recording.js';
import { useNowData } from './use-now-data.js';

export function Now() {
  const { isLoaded, problem } = useModel();
  const data = useNowData();
  return html`<h2 class="visually-hidden">Now</h2>
    <${Counts} data=${data} />
    ${problem && !isLoaded && html`<${Problem} error=${problem} />`}
    <div class="now">
      <${Attention} data=${data} />
      <${Recording} data=${data} />
      <${Lately} />
    </div>`;
}
