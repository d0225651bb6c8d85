/** Lists that hold still: in a storm, and while somebody points at them. */
import { useEffect, useRef, useState } from '../preact.js';

const [leastMs, lookAgainMs] = [2_000, 500];
/** A pointer that rests, and a focus that was left somewhere, hold nothing up for longer. */
const restMs = 10_000;

let lastActivity = 0;
for (const type of ['pointermove', 'pointerdown', 'keydown']) {
  addEventListener(type, () => (lastActivity = performance.now()), { passive: true, capture: true });
}

/**
 * The value, but changed at most every 2 s, and not while the pointer is over the element or the keyboard is in it: what somebody
 * is about to press must not become something else.
 *
 * @template T
 * @param {readonly T[]} value
 * @returns {{ held: readonly T[], ref: { current: HTMLElement | null } }} what to show, and the ref of the element that shows it
 */
export function useCalm(value) {
  const [held, setHeld] = useState(value);
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const state = useRef({
    latest: value,
    shown: value,
    notBefore: 0,
    timer: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined),
  });
  state.current.latest = value;
  const show = () => {
    const { latest, shown, notBefore } = state.current;
    clearTimeout(state.current.timer);
    if (latest === shown || (latest.length === 0 && shown.length === 0)) return;
    const isPointedAt =
      performance.now() - lastActivity < restMs && ref.current?.matches(':hover, :focus-within') === true;
    const calm = isPointedAt ? lookAgainMs : notBefore - performance.now();
    // What is the first of all moves nothing.
    const wait = shown.length === 0 ? 0 : calm;
    if (wait > 0) {
      state.current.timer = setTimeout(show, wait);
      return;
    }
    Object.assign(state.current, { shown: latest, notBefore: performance.now() + leastMs });
    setHeld(() => latest);
  };
  useEffect(show, [value]);
  useEffect(() => () => clearTimeout(state.current.timer), []);
  return { held, ref };
}
