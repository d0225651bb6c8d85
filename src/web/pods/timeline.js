/**
 * Where the marks of a pod's time line lie, from the chapters of its explanation. Pure.
 *
 * @import { Chapter, Step } from '../data/types.ts'
 * @typedef {{ from: number, to: number, kind: string, label: string, collectionId?: string }} Mark
 *   milliseconds since 1970; a moment has the same from and to
 * @typedef {{ name: string, marks: Mark[] }} Lane
 * @typedef {{ from: number, to: number, lanes: Lane[], ticks: number[] }} Timeline
 */

/** What can be shown of the past, in milliseconds. `latest` is the newest incident alone. */
export const spans = { latest: 0, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 };

const leastSpan = 60_000;
const moments = ['received', 'resolved', 'attached', 'suppressed', 'declined', 'cooldown-elapsed'];

/**
 * @param {readonly Chapter[]} chapters newest first
 * @param {string} span a key of `spans`
 * @param {number} now
 * @returns {Timeline}
 */
export function timelineOf(chapters, span, now) {
  const shown = (span === 'latest' ? chapters.slice(0, 1) : chapters).map(unfolded);
  const { from, to } = rangeOf(shown, span, now);
  /** @param {(chapter: Chapter, now: number) => Mark[]} marksOf */
  const marks = (marksOf) =>
    shown
      .flatMap((chapter) => marksOf(chapter, now))
      .filter((mark) => mark.to >= from && mark.from <= to)
      .map((mark) => ({ ...mark, from: Math.max(mark.from, from) }));
  return {
    ...{ from, to },
    lanes: [
      { name: 'Alerts', marks: marks(alertMarks) },
      { name: 'State', marks: marks(stateMarks) },
      { name: 'Attempts', marks: marks(attemptMarks) },
    ],
    ticks: Array.from({ length: 5 }, (_, index) => from + ((to - from) * (index + 0.5)) / 5),
  };
}

/**
 * A picture has room for each of what is one line in words.
 *
 * @param {Chapter} chapter
 * @returns {Chapter}
 */
function unfolded(chapter) {
  return { ...chapter, steps: chapter.steps.flatMap((step) => step.steps ?? [step]) };
}

/**
 * @param {readonly Chapter[]} chapters
 * @param {string} span
 * @param {number} now
 */
function rangeOf(chapters, span, now) {
  const length = Object.hasOwn(spans, span) ? spans[/** @type {keyof typeof spans} */ (span)] : 0;
  if (length > 0) return { from: now - length, to: now };
  const times = chapters.flatMap(({ steps }) => facts(steps).map(({ at }) => Date.parse(at)));
  if (times.length === 0) return { from: now - spans['1h'], to: now };
  const end = chapters.some(isOpen) ? now : Math.max(...times);
  const from = Math.min(...times);
  const margin = Math.max((end - from) * 0.04, (leastSpan - (end - from)) / 2, 0);
  return { from: from - margin, to: end + margin };
}

/**
 * True for what is under way.
 *
 * @param {Chapter} chapter
 */
export function isOpen({ outcome }) {
  return ['running', 'waiting', 'uploading'].includes(outcome.kind);
}

/**
 * @param {Chapter} chapter
 * @returns {Mark[]}
 */
function alertMarks({ steps }) {
  return facts(steps)
    .filter(({ kind }) => moments.includes(kind))
    .map((step) => momentOf(step, step.kind));
}

/**
 * @param {Chapter} chapter
 * @param {number} now
 * @returns {Mark[]}
 */
function stateMarks(chapter, now) {
  const { collectionId } = chapter;
  if (collectionId === undefined) return [];
  /** @type {Record<string, string>} */
  const states = { requested: 'requested', redriven: 'requested', 'attempt-started': 'collecting' };
  const turns = facts(chapter.steps).filter(({ kind }) =>
    [...Object.keys(states), 'recorded', 'uploaded', 'failed'].includes(kind),
  );
  return turns.map((step, index) => {
    const next = turns[index + 1];
    const state = step.kind === 'recorded' ? 'uploading' : (states[step.kind] ?? step.kind);
    const from = Date.parse(step.at);
    // Its end is a moment; a state that lasts goes on until the next.
    if (state === step.kind && state !== 'requested') return { ...momentOf(step, state), collectionId };
    const to = next ? Date.parse(next.at) : isOpen(chapter) ? now : from;
    return { from, to, kind: state, label: `${state} ${step.sentence}`, collectionId };
  });
}

/**
 * @param {Chapter} chapter
 * @param {number} now
 * @returns {Mark[]}
 */
function attemptMarks(chapter, now) {
  /** @type {Mark[]} */
  const marks = [];
  let open = Number.NaN;
  for (const step of facts(chapter.steps)) {
    const at = Date.parse(step.at);
    const isFailed = ['attempt-failed', 'upload-failed', 'failed'].includes(step.kind);
    if (!Number.isNaN(open) && (isFailed || step.kind === 'recorded' || step.kind === 'uploaded')) {
      marks.push({ from: open, to: at, kind: isFailed ? 'lost' : 'won', label: step.sentence });
      open = Number.NaN;
    }
    // The next try of an upload has no beginning of its own.
    if (['attempt-started', 'recorded', 'upload-failed'].includes(step.kind)) open = at;
  }
  if (!Number.isNaN(open) && isOpen(chapter))
    marks.push({ from: open, to: now, kind: 'open', label: 'under way' });
  return marks;
}

/**
 * @param {Step} step
 * @param {string} kind
 */
function momentOf({ at, sentence }, kind) {
  return { from: Date.parse(at), to: Date.parse(at), kind, label: sentence };
}

/**
 * What happened, and counted; not what is said of today's policy.
 *
 * @param {readonly Step[]} steps
 */
function facts(steps) {
  return steps.filter(({ counts, sequence }) => counts !== false && sequence !== undefined);
}
