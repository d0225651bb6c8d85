/**
 * The log of a recording, which is read when somebody opens it, or when the address names an event of it.
 *
 * @import { ReplayLine } from '../data/types.ts'
 */
import { Loading, useData } from '../data/use-data.js';
import { Problem, useModel } from '../parts/ui.js';
import { html, useEffect, useRef, useState } from '../preact.js';
import { Travel } from './travel.js';

/** @param {{ id: string, at: number | undefined, last: number }} props `last`: sequence of its newest event */
export function Log({ id, at, last }) {
  const [isOpen, setOpen] = useState(at !== undefined);
  useEffect(() => {
    if (at !== undefined) setOpen(true);
  }, [at]);
  return html`<details
    class="log"
    open=${isOpen}
    onToggle=${(/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open)}
  >
    <summary><h3>Its log, event by event</h3></summary>
    ${isOpen && html`<${Lines} id=${id} at=${at} last=${last} />`}
  </details>`;
}

/** @param {{ id: string, at: number | undefined, last: number }} props */
function Lines({ id, at, last }) {
  const { generation } = useModel();
  const { data, error } = useData(`collections/${encodeURIComponent(id)}/replay`, generation, last);
  const lines = /** @type {{ items: ReplayLine[] } | undefined} */ (data)?.items;
  const top = useRef(/** @type {HTMLElement | null} */ (null));
  const isThere = lines !== undefined;
  useEffect(() => {
    // A link to an event leads to it; who moves the slider stays where they are.
    if (isThere && at !== undefined && top.current?.contains(document.activeElement) === false)
      top.current.scrollIntoView();
  }, [isThere, at]);
  if (error !== undefined) return html`<${Problem} error=${error} />`;
  return html`<div ref=${top} class="lines">
    ${lines ? html`<${Travel} id=${id} lines=${lines} at=${at} />` : html`<${Loading} />`}
  </div>`;
}
