/**
 * The incidents of a pod in words, newest first. What is shown holds still: an incident that comes new waits until somebody wants
 * to see it, and one that is under way has room to grow.
 *
 * @import { Chapter } from '../data/types.ts'
 */
import { html, useState } from '../preact.js';
import { ChapterView } from './explain-view.js';
import { isOpen } from './timeline.js';

/** So many show their steps at first. */
const openAtFirst = 3;

/** @typedef {{ shown: ReadonlySet<number>, open: ReadonlySet<number>, growing: ReadonlySet<number> }} Held by `keyOf` */

/** @param {{ chapters: readonly Chapter[] }} props */
export function Incidents({ chapters }) {
  const [held, setHeld] = useState(() => heldOf(chapters));
  const known = chapters.filter((chapter) => held.shown.has(keyOf(chapter)));
  const waiting = chapters.length - known.length;
  const showAll = () => setHeld(heldOf(chapters));
  // Where nothing is shown there is nothing that could move.
  const shown = known.length === 0 ? chapters : known;
  return html`<h3 class="part">In words</h3>
    <p class="above">
      ${
        waiting > 0 && known.length > 0
          ? html`<button type="button" onClick=${showAll}>Show ${waiting} new</button>`
          : html`<span class="note">Newest first. What is new waits here.</span>`
      }
    </p>
    ${shown.map((chapter) => {
      const key = keyOf(chapter);
      return html`<${ChapterView}
        key=${key}
        chapter=${chapter}
        isLinked
        isOpen=${held.open.has(key)}
        isGrowing=${held.growing.has(key)}
      />`;
    })}`;
}

/**
 * @param {readonly Chapter[]} chapters
 * @returns {Held}
 */
function heldOf(chapters) {
  return {
    shown: new Set(chapters.map(keyOf)),
    open: new Set(chapters.slice(0, openAtFirst).map(keyOf)),
    growing: new Set(chapters.filter(isOpen).map(keyOf)),
  };
}

/**
 * The first event of a chapter stays its first, whatever comes of it.
 *
 * @param {Chapter} chapter
 */
function keyOf({ steps }) {
  return steps[0]?.sequence ?? 0;
}
