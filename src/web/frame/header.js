/** The top of the page: where one is, the search, and how the service is. */
import { statusOf } from '../data/status.js';
import { useModel } from '../parts/ui.js';
import { html, useState } from '../preact.js';
import { places } from './places.js';
import { SearchBox } from './search-box.js';

/** @import { Place } from '../data/types.ts' */

/** The part of the navigation that a view belongs to, where it is none of its own. */
const partOf = /** @type {Partial<Record<Place['view'], string>>} */ ({
  alert: 'alerts',
  recording: 'recordings',
  pod: 'pods',
});

/** @param {{ place: Place, onHelp: () => void }} props */
export function Header({ place, onHelp }) {
  const current = partOf[place.view] ?? place.view;
  return html`<header>
    <h1><a href="/">Alert Watcher</a></h1>
    <nav aria-label="Views">
      ${places.map(
        ({ view, path, nav }) =>
          nav !== undefined &&
          html`<a href=${path} aria-current=${view === current ? 'page' : undefined}>${nav}</a>`,
      )}
    </nav>
    <${SearchBox} />
    <${StatusWord} />
    <button type="button" class="small" aria-label="Keys" title="Keys (?)" onClick=${onHelp}>?</button>
    <${ThemeChoice} />
  </header>`;
}

function StatusWord() {
  const { kind, word, sentence } = statusOf(useModel());
  return html`<span class="status" role="status"
    ><span class="dot" data-is=${kind} title=${sentence}>${word}</span></span
  >`;
}

function ThemeChoice() {
  const root = document.documentElement;
  const isDark = () =>
    (root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) ===
    'dark';
  const [dark, setDark] = useState(isDark);
  const toggle = () => {
    const theme = dark ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    localStorage.setItem('theme', theme);
    setDark(!dark);
  };
  return html`<button type="button" class="small" aria-pressed=${dark} onClick=${toggle}>Dark</button>`;
}
