/** The filter of a list: its fields are the query of the address, so that it can be shared and gone back to. */
import { withQuery } from '../frame/places.js';
import { navigate } from '../frame/router.js';
import { html } from '../preact.js';
import { textsOf } from './form.js';

/**
 * @import { Filter } from '../data/types.ts'
 * What a field is of. One with a `fallback` has that where the address says nothing, and cannot be `any`.
 *
 * @typedef {{ name: string, label: string, options?: readonly (readonly [value: string, text: string])[], known?: readonly string[], placeholder?: string, fallback?: string }} FilterField
 */

/** @param {{ path: string, label: string, filter: Filter, fields: readonly FilterField[] }} props */
export function Filters({ path, label, filter, fields }) {
  const apply = (/** @type {Event} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLElement} */ (event.currentTarget).closest('form');
    // What has no field here, such as a time, stays as it is.
    if (!form) return;
    const texts = Object.entries(textsOf(new FormData(form)));
    const isDefault = (/** @type {[string, string]} */ [name, value]) =>
      fields.some((field) => field.name === name && field.fallback === value);
    const chosen = Object.fromEntries(texts.map((each) => (isDefault(each) ? [each[0], ''] : each)));
    navigate(withQuery(path, { ...filter, ...chosen }));
  };
  const hidden = Object.keys(filter).filter((name) => !fields.some((field) => field.name === name));
  return html`<form
    id="filter"
    class="filters"
    role="search"
    aria-label=${label}
    onSubmit=${apply}
    onChange=${apply}
  >
    ${fields.map((field) => html`<${Field} key=${field.name} field=${field} value=${filter[field.name] ?? ''} />`)}
    <button type="submit">Filter</button>
    ${hidden.map((name) => html`<span class="chip">${name} <bdi>${filter[name]}</bdi></span>`)}
    ${Object.keys(filter).length > 0 && html`<a class="clear" href=${path}>Show all</a>`}
  </form>`;
}

/** @param {{ field: FilterField, value: string }} props */
function Field({ field: { name, label, options, known = [], placeholder, fallback }, value: asked }) {
  const value = asked || (fallback ?? '');
  if (!options)
    return html`<label>
      ${label}
      <input
        ...${{ name, value, placeholder }}
        list=${`known-${name}`}
        autocomplete="off"
        spellcheck=${false}
      />
      <datalist id=${`known-${name}`}>${known.map((each) => html`<option value=${each}></option>`)}</datalist>
    </label>`;
  const isOther = value !== '' && !options.some(([each]) => each === value);
  return html`<label>
    ${label}
    <select name=${name}>
      ${fallback === undefined && html`<option value="">any</option>`}
      ${options.map(([each, text]) => html`<option value=${each} selected=${each === value}>${text}</option>`)}
      ${isOther && html`<option value=${value} selected>${value.replaceAll(',', ', ')}</option>`}
    </select>
  </label>`;
}

/**
 * The different values that a list has now, for a field to offer.
 *
 * @param {readonly (string | undefined)[]} values
 * @returns {string[]}
 */
export function knownOf(values) {
  return [...new Set(values.filter((value) => value !== undefined))].sort().slice(0, 200);
}
