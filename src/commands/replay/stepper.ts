/** Where somebody is who goes through a list of events, and what was typed of a sequence to go to. */
export interface StepperPlace {
  index: number;
  /** Digits after `g`; absent while no sequence is being typed. */
  typed?: string;
  /** Why the last key did not lead anywhere. */
  notice?: string;
}

/** What a key does: to another place, to the same one (only the prompt changes), or out. */
export type Move = { place: StepperPlace; shows: boolean } | 'quit';

/**
 * The keys of `replay --step`, without a terminal: Enter, space, n and the arrows down and right go on; p and the arrows up
 * and left go back; g, digits and Enter go to the first event at or behind that sequence; q, Escape and Ctrl-C end it.
 * `key` is named as Node's readline names it; `sequences` ascend.
 */
export function press(place: StepperPlace, key: string, sequences: readonly number[]): Move {
  const { index, typed } = place;
  if (key === 'ctrl-c' || key === 'ctrl-d') return 'quit';
  if (typed !== undefined) return typing(index, typed, key, sequences);
  switch (key) {
    case 'return':
    case 'enter':
    case 'space':
    case 'n':
    case 'down':
    case 'right':
      return index + 1 < sequences.length ? to(index + 1) : stay(index, 'this is the last event');
    case 'p':
    case 'up':
    case 'left':
      return index > 0 ? to(index - 1) : stay(index, 'this is the first event');
    case 'g':
      return { place: { index, typed: '' }, shows: false };
    case 'q':
    case 'escape':
      return 'quit';
    default:
      return { place: { index }, shows: false };
  }
}

function typing(index: number, typed: string, key: string, sequences: readonly number[]): Move {
  if (/^\d$/.test(key)) return { place: { index, typed: `${typed}${key}`.slice(0, 15) }, shows: false };
  if (key === 'backspace') return { place: { index, typed: typed.slice(0, -1) }, shows: false };
  if (key === 'space') return { place: { index, typed }, shows: false };
  if ((key !== 'return' && key !== 'enter') || typed === '') return { place: { index }, shows: false };
  const found = sequences.findIndex((sequence) => sequence >= Number(typed));
  return found < 0 ? stay(index, `there is no event at or behind #${typed}`) : to(found);
}

function to(index: number): Move {
  return { place: { index }, shows: true };
}

function stay(index: number, notice: string): Move {
  return { place: { index, notice }, shows: false };
}
