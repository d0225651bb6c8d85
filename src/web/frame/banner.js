/** Says at the foot of the window that what is shown may be old, and since when. It lies over the page, so that nothing jumps. */
import { statusOf } from '../data/status.js';
import { full, local } from '../parts/time.js';
import { useModel } from '../parts/ui.js';
import { html } from '../preact.js';

export function Banner() {
  const model = useModel();
  const { kind, sentence } = statusOf(model);
  if (kind !== 'bad') return null;
  const { knownAt } = model;
  const at = html`<time datetime=${new Date(knownAt).toISOString()} title=${full(knownAt)}
    >${local(knownAt, Date.now())}</time
  >`;
  return html`<div class="banner" role="alert">
    <p><strong>This is what was so at ${at}.</strong> Nothing newer is known.</p>
    <p><bdi>${sentence}</bdi></p>
  </div>`;
}
