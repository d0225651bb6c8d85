/** What the keyboard does on every view, and the dialog that says it. */
import { html, useEffect, useRef } from '../preact.js';
import { places } from './places.js';
import { navigate } from './router.js';

/** After `g` the next key may take so long. */
const chordMs = 1_500;

/** @type {readonly [keys: string, does: string][]} */
const keys = [
  ['/ or Ctrl K', 'search for a pod, namespace, alert, fingerprint or id'],
  ['j k', 'next, previous row of the list'],
  ['Enter', 'open the row'],
  ['f', 'to the filter'],
  ...places.flatMap(({ nav, key }) =>
    nav && key ? [/** @type {[string, string]} */ ([`g ${key}`, `go to ${nav}`])] : [],
  ),
  ['← → Home End', 'one event back or forward, first, last: on the slider of a recording'],
  ['Esc', 'close a dialog or the search; nothing is done'],
  ['?', 'these keys'],
];

/** @param {{ help: () => void }} does */
export function useKeys({ help }) {
  useEffect(() => {
    let leaderAt = 0;
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey) {
        event.preventDefault();
        focusOn('#search');
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const led =
        event.timeStamp - leaderAt < chordMs ? places.find(({ key }) => key === event.key) : undefined;
      leaderAt = event.key === 'g' ? event.timeStamp : 0;
      if (led) navigate(led.path);
      else if (event.key === '/') focusOn('#search');
      else if (event.key === 'f') focusOn('#filter :is(input, select)');
      else if (event.key === '?') help();
      else if (event.key === 'j') step(1);
      else if (event.key === 'k') step(-1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

/** @param {{ onEnd: () => void }} props */
export function HelpDialog({ onEnd }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog ref=${dialog} aria-labelledby="keys-title" onClose=${onEnd}>
    <h2 id="keys-title">Keys</h2>
    <table class="keys">
      <tbody>
        ${keys.map(
          ([each, does]) =>
            html`<tr>
              <th scope="row">
                ${each.split(' ').map((part) => (part === 'or' ? ' or ' : html`<kbd>${part}</kbd> `))}
              </th>
              <td>${does}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="buttons"><button type="button" onClick=${() => dialog.current?.close()}>Close</button></p>
  </dialog>`;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof Element && target.closest('input, textarea, select, dialog, [contenteditable]') !== null
  );
}

/** @param {string} selector */
function focusOn(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) return;
  found.focus();
  if (found instanceof HTMLInputElement) found.select();
}

/**
 * Moves the focus along the rows of the view: to the first link of each.
 *
 * @param {1 | -1} by
 */
function step(by) {
  const rows = [...document.querySelectorAll('main [data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by === 1 ? 0 : rows.length - 1) : at + by];
  const link = next?.querySelector('a, button');
  if (link instanceof HTMLElement) link.focus();
}
