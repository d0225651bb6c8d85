/** Asks before something is done, and why: the answer stands in the log. */
import { post } from '../data/api.js';
import { textsOf } from './form.js';
import { html, useEffect, useRef, useState } from '../preact.js';

const nameKey = 'by';

/**
 * @typedef {{ name: string, label: string, type: string }} Field
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.explanation
 * @param {string} props.action the word on the button
 * @param {string} props.path where it is posted
 * @param {Record<string, unknown>} [props.body] what goes with it
 * @param {Field[]} [props.fields] besides the reason and the name
 * @param {(answer: unknown) => void} props.onEnd given the answer, or undefined where it was not done
 */
export function AskDialog({ title, explanation, action, path, body = {}, fields = [], onEnd }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [error, setError] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const values = textsOf(form);
    localStorage.setItem(nameKey, values['by'] ?? '');
    setBusy(true);
    try {
      onEnd(await post(path, { ...body, ...filled(values, fields) }));
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
      setBusy(false);
    }
  };
  return html`<dialog ref=${dialog} aria-labelledby="ask-title" onClose=${() => onEnd(undefined)}>
    <form onSubmit=${send}>
      <h2 id="ask-title">${title}</h2>
      <p>${explanation}</p>
      <label>Reason <input name="reason" required maxlength="500" autocomplete="off" /></label>
      <label>
        Your name
        <input name="by" maxlength="100" autocomplete="name" value=${localStorage.getItem(nameKey) ?? ''} />
      </label>
      ${fields.map(
        ({ name, label, type }) => html`<label>${label} <input name=${name} type=${type} min="1" /></label>`,
      )}
      ${error && html`<p class="problem" role="alert">${error}</p>`}
      <p class="buttons">
        <button type="button" onClick=${() => dialog.current?.close()}>Back</button>
        <button type="submit" class="primary" disabled=${isBusy}>${action}</button>
      </p>
    </form>
  </dialog>`;
}

/**
 * What was filled in; an empty field is left out.
 *
 * @param {Record<string, string>} values
 * @param {Field[]} fields
 */
function filled(values, fields) {
  const numbers = new Set(fields.filter(({ type }) => type === 'number').map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === '' ? [] : [[name, numbers.has(name) ? Number(value) : value]],
    ),
  );
}
