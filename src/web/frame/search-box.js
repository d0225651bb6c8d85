/** The one search of the page: a few letters of a pod, a namespace, an alert, a fingerprint or an id lead to its view. */
import { get } from '../data/api.js';
import { html, useRef, useState } from '../preact.js';
import { hrefOfHit } from '../search/hits.js';
import { searchLink } from './places.js';
import { navigate } from './router.js';

/** @import { Hit } from '../data/types.ts' */

const gatherMs = 120;
const shown = 10;

export function SearchBox() {
  const { hits, look, forget } = useHits();
  const [active, setActive] = useState(-1);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isOpen = hits.length > 0;
  const go = (/** @type {string} */ href) => {
    if (input.current) input.current.value = '';
    forget();
    setActive(-1);
    navigate(href);
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const chosen = hits[active];
    const text = input.current?.value.trim() ?? '';
    if (chosen) go(hrefOfHit(chosen));
    else if (text) go(searchLink(text));
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') {
      forget();
      input.current?.blur();
    }
    if (!isOpen || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return;
    event.preventDefault();
    const by = event.key === 'ArrowDown' ? 1 : -1;
    setActive((active + by + hits.length + (active < 0 && by < 0 ? 1 : 0)) % hits.length);
  };
  const onInput = () => {
    setActive(-1);
    look(input.current?.value.trim() ?? '');
  };
  return html`<form class="search" role="search" aria-label="Everything" onSubmit=${submit}>
    <input
      id="search"
      ref=${input}
      type="search"
      role="combobox"
      aria-label="Search pods, namespaces, alerts, fingerprints and ids"
      aria-expanded=${isOpen}
      aria-controls="search-hits"
      aria-autocomplete="list"
      aria-activedescendant=${active < 0 ? undefined : `hit-${active}`}
      placeholder="Search  /"
      autocomplete="off"
      spellcheck=${false}
      onInput=${onInput}
      onKeyDown=${onKeyDown}
      onBlur=${() => setTimeout(forget, 150)}
    />
    <ul id="search-hits" role="listbox" aria-label="What begins so" hidden=${!isOpen}>
      ${hits.map(
        (hit, index) =>
          html`<li
            id=${`hit-${index}`}
            role="option"
            aria-selected=${index === active}
            onPointerDown=${() => go(hrefOfHit(hit))}
          >
            <bdi>${hit.text}</bdi> <span class="dim">${hit.kind} · <bdi>${hit.detail}</bdi></span>
          </li>`,
      )}
    </ul>
  </form>`;
}

/** What begins with what was typed last. */
function useHits() {
  const [hits, setHits] = useState(/** @type {Hit[]} */ ([]));
  const asked = useRef({
    text: '',
    timer: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined),
  });
  const forget = () => {
    clearTimeout(asked.current.timer);
    asked.current.text = '';
    setHits([]);
  };
  const look = (/** @type {string} */ text) => {
    if (!text) {
      forget();
      return;
    }
    clearTimeout(asked.current.timer);
    asked.current.text = text;
    asked.current.timer = setTimeout(() => {
      const query = new URLSearchParams({ q: text, limit: String(shown) }).toString();
      const take = (/** @type {unknown} */ answer) => {
        // An answer to what was typed before must not win.
        if (asked.current.text === text) setHits(/** @type {{ items: Hit[] }} */ (answer).items);
      };
      get(`search?${query}`).then(take, () => undefined);
    }, gatherMs);
  };
  return { hits, look, forget };
}
