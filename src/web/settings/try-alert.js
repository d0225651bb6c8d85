/** Says what an alert with some labels would lead to. Nothing is sent, stored or recorded. */
import { post } from '../data/api.js';
import { textsOf } from '../parts/form.js';
import { html, useState } from '../preact.js';
import { labelsOf } from './labels.js';

/** @import { RowMatch } from '../data/types.ts' */

const example = 'alertname=CrateDBCloudNotResponsive\nkube_context=test-cluster\nnamespace=test\npod=crate-0';

export function TryAlert() {
  const [found, setFound] = useState(/** @type {RowMatch | undefined} */ (undefined));
  const [error, setError] = useState('');
  const ask = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const { labels = '' } = textsOf(form);
    try {
      setFound(/** @type {RowMatch} */ (await post('rows/match', { labels: labelsOf(labels) })));
      setError('');
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  };
  return html`<form class="try" onSubmit=${ask}>
    <label>
      Labels, one a line
      <textarea name="labels" rows="5" spellcheck=${false}>${example}</textarea>
    </label>
    <p><button type="submit">Try</button> <span class="note">Nothing is sent or recorded.</span></p>
    <div role="status">
      ${error && html`<p class="problem">${error}</p>`}
      ${
        found &&
        !error &&
        html`<p>
            <strong>${found.row === undefined ? 'No row.' : html`Row <bdi>${found.row}</bdi>.`}</strong>
            <bdi>${found.because}</bdi>
          </p>
          <ul class="tried">
            ${found.rows.map(
              ({ name, matches, failed }) =>
                html`<li>
                  <bdi>${name}</bdi>:
                  ${matches ? 'matches' : html`does not match: <code><bdi>${failed}</bdi></code>`}
                </li>`,
            )}
          </ul>`
      }
    </div>
  </form>`;
}
