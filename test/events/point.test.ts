import { describe, expect, it } from 'vitest';
import { isAfter, isBefore, parsePoint } from '../../src/events/point.ts';

const now = '2026-11-21T12:00:00.000Z';
const message = { sequence: 5, storedAt: '2026-11-21T10:00:00.000Z' };

describe('a point of the stream', () => {
  it.each([
    ['12', { sequence: 12 }],
    ['2026-11-20T18:31:29Z', { time: '2026-11-20T18:31:29.000Z' }],
    ['2h', { time: '2026-11-21T10:00:00.000Z' }],
    ['30s', { time: '2026-11-21T11:59:30.000Z' }],
    ['yesterday', undefined],
    ['-1', undefined],
    ['2 h', undefined],
    ['2026-02-30T00:00:00Z', undefined],
  ])('%s is %j', (text, point) => {
    expect(parsePoint(text, now)).toEqual(point);
  });

  it('includes the message that it names, and all of its millisecond', () => {
    for (const point of [{ sequence: 5 }, { time: message.storedAt }]) {
      expect([isBefore(message, point), isAfter(message, point)]).toEqual([false, false]);
    }
    expect([isBefore(message, { sequence: 6 }), isAfter(message, { sequence: 4 })]).toEqual([true, true]);
    expect(isBefore(message, { time: '2026-11-21T10:00:00.001Z' })).toBe(true);
    expect(isAfter(message, { time: '2026-11-21T09:59:59.999Z' })).toBe(true);
  });
});
