import { expect, it } from 'vitest';
import { type StepperPlace, press } from '../../src/commands/replay/stepper.ts';

const sequences = [3, 5, 9];

function type(from: StepperPlace, ...keys: string[]): StepperPlace | 'quit' {
  let place = from;
  for (const key of keys) {
    const move = press(place, key, sequences);
    if (move === 'quit') return 'quit';
    place = move.place;
  }
  return place;
}

it.each([
  [['return'], 1],
  [['space', 'n'], 2],
  [['n', 'n', 'p'], 1],
  [['down', 'right', 'up', 'left'], 0],
  [['g', '9', 'return'], 2],
  [['g', '4', 'return'], 1],
  [['g', '9', 'backspace', '5', 'enter'], 1],
  [['g', 'escape', 'n'], 1],
  [['x'], 0],
])('%j leads to event %d', (keys, index) => {
  expect(type({ index: 0 }, ...keys)).toMatchObject({ index });
});

it('says why it goes no further', () => {
  expect(type({ index: 2 }, 'n')).toEqual({ index: 2, notice: 'this is the last event' });
  expect(type({ index: 0 }, 'p')).toEqual({ index: 0, notice: 'this is the first event' });
  expect(type({ index: 0 }, 'g', '1', '0', 'return')).toEqual({
    ...{ index: 0, notice: 'there is no event at or behind #10' },
  });
});

it.each([['q'], ['escape'], ['ctrl-c'], ['ctrl-d']])('%s ends it', (key) => {
  expect(type({ index: 1 }, key)).toBe('quit');
});

it('Ctrl-C ends it while a sequence is typed, too', () => {
  expect(type({ index: 1 }, 'g', 'ctrl-c')).toBe('quit');
});
