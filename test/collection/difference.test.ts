import { expect, it } from 'vitest';
import { differenceOf } from '../../src/kernel/replay/difference.ts';

it('names what changed by its path, and compares lists as sets', () => {
  const before = { value: 'idle', current: null, decided: ['a', 'b'], uploads: { x: { run: 1 } } };
  const after = { value: 'collecting', current: { attempts: 0 }, decided: ['b', 'c'], uploads: {} };
  expect(differenceOf(before, after)).toEqual({
    removed: ['value: "idle"', 'decided[]: "a"', 'uploads.x.run: 1'],
    added: ['value: "collecting"', 'current.attempts: 0', 'decided[]: "c"'],
  });
  expect(differenceOf(before, before)).toEqual({ removed: [], added: [] });
});
