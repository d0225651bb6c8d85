/** The page: one view at a time, chosen by the address, in the frame that all of them share. */
import { start } from './data/model.js';
import { Banner } from './frame/banner.js';
import { Header } from './frame/header.js';
import { HelpDialog, useKeys } from './frame/keys.js';
import { followLinks, here, onMove } from './frame/router.js';
import { Problem, useModel } from './parts/ui.js';
import { html, render, useEffect, useErrorBoundary, useRef, useState } from './preact.js';
import { views } from './views.js';

/** @import { Place } from './data/types.ts' */

function Page() {
  const [place, setPlace] = useState(here);
  const [isHelping, setHelping] = useState(false);
  useEffect(() => onMove(() => setPlace(here())), []);
  useKeys({ help: () => setHelping(true) });
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const key = keyOf(place);
  const shown = useRef(key);
  useEffect(() => {
    // A new view begins at its top, for the keyboard and for a screen reader too.
    if (shown.current !== key) main.current?.focus({ preventScroll: true });
    shown.current = key;
  }, [key]);
  useEffect(() => {
    document.title = `${views[place.view].title(place)} – Alert Watcher`;
  }, [place]);
  return html`<a class="skip" href="#main">Skip to the content</a>
    ${views[place.view].hasFilter && html`<a class="skip" href="#filter">Skip to the filter</a>`}
    <${Header} place=${place} onHelp=${() => setHelping(true)} />
    <main id="main" tabindex="-1" ref=${main}><${View} key=${key} place=${place} /></main>
    <footer><a href="/docs">API</a> <a href="/metrics">Metrics</a> <a href="/ready">Readiness</a></footer>
    <${Banner} />
    <${News} />
    ${isHelping && html`<${HelpDialog} onEnd=${() => setHelping(false)} />`}`;
}

/** @param {{ place: Place }} props */
function View({ place }) {
  const boundary = useErrorBoundary();
  if (boundary[0] !== undefined) return html`<${Problem} error=${boundary[0]} again=${boundary[1]} />`;
  return html`<${views[place.view].component} place=${place} />`;
}

function News() {
  const { news } = useModel();
  return html`<p class="visually-hidden" aria-live="polite">${news}</p>`;
}

/** @param {Place} place the same for what is one view */
function keyOf({ view, params }) {
  return JSON.stringify([view, params]);
}

const root = document.getElementById('page');
if (root) {
  root.replaceChildren();
  render(html`<${Page} />`, root);
}
followLinks();
start();
