/** A sentence of the service: its times in the zone of the viewer, its commands as code, everything else as it is. */
import { serviceNow } from '../data/api.js';
import { html } from '../preact.js';
import { full, local } from './time.js';

const special = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|`[^`]{1,200}`)/;

/** @param {{ text: string }} props */
export function Sentence({ text }) {
  // Every other part is one that the expression caught.
  return html`<bdi
    >${text.split(special).map((part, index) => (index % 2 === 0 ? part : specialOf(part)))}</bdi
  >`;
}

/** @param {string} part */
function specialOf(part) {
  if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
  const millis = Date.parse(part);
  if (Number.isNaN(millis)) return part;
  return html`<time datetime=${part} title=${full(millis)}>${local(millis, serviceNow())}</time>`;
}
