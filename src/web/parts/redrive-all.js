/** Starts all that a filter finds again, once somebody has said why. */
import { html, useState } from '../preact.js';
import { AskDialog } from './dialog.js';

/**
 * @import { Filter } from '../data/types.ts'
 * @typedef {{ matched: number, redriven: unknown[], refused: { reason: string }[], more: number }} Redriven
 */

/** @param {{ filter: Filter, count: number }} props */
export function RedriveAll({ filter, count }) {
  const [isAsking, setAsking] = useState(false);
  const [said, setSaid] = useState('');
  const end = (/** @type {unknown} */ answer) => {
    setAsking(false);
    if (answer) setSaid(wordsOf(/** @type {Redriven} */ (answer)));
  };
  return html`<button type="button" onClick=${() => setAsking(true)}>Redrive all…</button>
    <span class="note" role="status">${said}</span>
    ${
      isAsking &&
      html`<${AskDialog}
        title=${`Redrive ${count} ${count === 1 ? 'recording' : 'recordings'}`}
        explanation="Each starts again at the stage that failed, as a new run with all of its attempts. What has changed meanwhile is left alone."
        action=${`Redrive ${count}`}
        path="collections/redrive"
        body=${{ filter: { ...filter, state: filter['state']?.split(',') ?? ['failed'] } }}
        onEnd=${end}
      />`
    }`;
}

/** @param {Redriven} answer */
function wordsOf({ redriven, refused, more }) {
  return [
    `${redriven.length} redriven`,
    ...(refused.length > 0 ? [`${refused.length} refused: ${refused[0]?.reason ?? ''}`] : []),
    ...(more > 0 ? [`${more} more: ask again`] : []),
  ].join(', ');
}
