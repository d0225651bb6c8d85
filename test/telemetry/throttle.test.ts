import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loggable } from '../../src/telemetry/printable.ts';
import { createThrottle, type Repeats } from '../../src/telemetry/throttle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('the first of a kind is told at once, the rest in one line a window, with how many and who', () => {
  const told: [string, Repeats?][] = [];
  const { tell } = createThrottle(1_000);
  const say = (kind: string, peer: string, name: string) =>
    tell(kind, peer, (repeats) => told.push(repeats ? [name, repeats] : [name]));

  say('a', 'p1', 'a1');
  say('b', 'p1', 'b1');
  say('a', 'p1', 'a2');
  for (let nth = 3; nth < 30; nth += 1) say('a', `p${String(nth)}`, `a${String(nth)}`);
  expect(told).toEqual([['a1'], ['b1']]);

  vi.advanceTimersByTime(1_000);
  const peers = ['p1', ...Array.from({ length: 9 }, (_, index) => `p${String(index + 3)}`)];
  expect(told.slice(2)).toEqual([['a29', { count: 28, peers }]]);
  say('a', 'p1', 'a30');
  say('b', 'p1', 'b2');
  expect(told.slice(3)).toEqual([['b2']]);
  vi.advanceTimersByTime(1_000);
  expect(told.slice(4)).toEqual([['a30', { count: 1, peers: ['p1'] }]]);
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(5);
  expect(vi.getTimerCount()).toBe(0);
});

it('always tells of each occurrence once, in at most one line of a kind a window', () => {
  const steps = fc.array(fc.record({ kind: fc.nat({ max: 2 }), waitMs: fc.nat({ max: 400 }) }));
  fc.assert(
    fc.property(steps, (occurrences) => {
      const lines: { kind: number; at: number; count: number }[] = [];
      const throttle = createThrottle(1_000);
      for (const { kind, waitMs } of occurrences) {
        vi.advanceTimersByTime(waitMs);
        throttle.tell(String(kind), 'peer', (repeats) =>
          lines.push({ kind, at: Date.now(), count: repeats?.count ?? 1 }),
        );
      }
      const before = lines.length;
      throttle.flush();
      expect(vi.getTimerCount()).toBe(0);
      expect(lines.reduce((sum, { count }) => sum + count, 0)).toBe(occurrences.length);
      for (const kind of [0, 1, 2]) {
        const times = lines.slice(0, before).filter((line) => line.kind === kind).map(({ at }) => at); // prettier-ignore
        times.slice(1).forEach((at, index) => expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(1_000));
      }
    }),
  );
});

it('a text for the log never has a character that ends a line or moves the cursor, and never more than 256', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
      expect(loggable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(loggable(text).length).toBeLessThanOrEqual(256);
    }),
  );
});
