/** The page: one view at a time, chosen by the address. */
import { CollectionView } from './collection.js';
import { FindView } from './find.js';
import { Header } from './header.js';
import { findLink, overviewLink, placeOf, podLink } from './location.js';
import { start } from './model.js';
import { Now } from './now.js';
import { PodView } from './pod.js';
import { html, render, useEffect, useErrorBoundary, useRef, useState } from './preact.js';
import { Recent } from './recent.js';
import { followLinks, onMove } from './router.js';
import { Problem, useModel } from './ui.js';

/**
 * @import { Place } from './location.js'
 * @import { Filter } from './types.ts'
 */

function Page() {
  const [place, setPlace] = useState(() => placeOf(location.search));
  const { news } = useModel();
  useEffect(() => onMove(() => setPlace(placeOf(location.search))), []);
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const key = keyOf(place);
  const shown = useRef(key);
  useEffect(() => {
    // A new view begins at its top, for the keyboard and for a screen reader too.
    if (shown.current !== key) main.current?.focus({ preventScroll: true });
    shown.current = key;
  }, [key]);
  useEffect(() => {
    document.title = `${titleOf(place)} – Alert Watcher`;
  }, [place]);
  return html`<a class="skip" href="#main">Skip to the content</a>
    <${Header} />
    <main id="main" tabindex="-1" ref=${main}><${View} key=${key} place=${place} /></main>
    <footer><a href="/docs">API</a> <a href="/metrics">Metrics</a> <a href="/ready">Readiness</a></footer>
    <p class="visually-hidden" aria-live="polite">${news}</p>`;
}

/** @param {{ place: Place }} props */
function View({ place }) {
  const boundary = useErrorBoundary();
  if (boundary[0] !== undefined) return html`<${Problem} error=${boundary[0]} again=${boundary[1]} />`;
  switch (place.view) {
    case 'overview':
      return html`<${Overview} filter=${place.filter} />`;
    case 'pod':
      return html`<${PodView} pod=${place.pod} span=${place.span} />`;
    case 'find':
      return html`<${FindView} asked=${place.asked} />`;
    case 'collection':
      return html`<${CollectionView} id=${place.id} at=${place.at} />`;
  }
}

/** @param {{ filter: Filter }} props */
function Overview({ filter }) {
  const { isLoaded, problem } = useModel();
  // What is below must not jump when what is above it comes.
  return html`<${Now} />${(isLoaded || problem) && html`<${Recent} filter=${filter} />`}`;
}

/** @param {Place} place the same for what is one view */
function keyOf(place) {
  if (place.view === 'pod') return podLink(place.pod);
  if (place.view === 'find') return findLink(place.asked);
  return place.view === 'collection' ? place.id : place.view;
}

/** @param {Place} place */
function titleOf(place) {
  if (place.view === 'pod') return place.pod.pod;
  if (place.view === 'find') return place.asked;
  if (place.view === 'collection') return `Collection ${place.id.slice(0, 8)}`;
  return overviewLink(place.filter) === '/' ? 'Now' : 'Collections';
}

const root = document.getElementById('page');
if (root) {
  root.replaceChildren();
  render(html`<${Page} />`, root);
}
followLinks();
start();
