import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nanosOf, timeOf } from '../../src/events/instant.ts';

it('reads 0 to 9 fraction digits and any offset as the same instant', () => {
  expect(nanosOf('2026-11-20T18:57:12.390722974Z')).toBe(1795201032390722974n);
  expect(nanosOf('2026-11-20T20:57:12.390722974+02:00')).toBe(1795201032390722974n);
  expect(nanosOf('2026-11-20T18:57:12Z')).toBe(1795201032000000000n);
  expect(nanosOf('2026-11-20T18:57:12.5Z')).toBe(1795201032500000000n);
  expect(nanosOf('0001-01-01T00:00:00Z')).toBe(-62135596800000000000n);
});

it.each([
  '',
  'now',
  '2026-11-20',
  '2026-02-30T00:00:00Z',
  '2026-11-20T25:00:00Z',
  '2026-11-20T18:57:12',
  '2026-11-20T18:57:12.1234567890Z',
])('refuses %j', (text) => {
  expect(nanosOf(text)).toBeUndefined();
});

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (millis) => {
      expect(nanosOf(timeOf(millis))).toBe(BigInt(millis) * 1_000_000n);
    }),
  );
});
