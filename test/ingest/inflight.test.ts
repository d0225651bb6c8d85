import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../src/ingest/bodies/body-buffer.ts';
import { countValues } from '../../src/ingest/bodies/complexity.ts';
import { createInflight } from '../../src/ingest/bodies/inflight.ts';
import { createPlaces } from '../../src/kernel/places.ts';

const limit = 1_000_000;
const open = (sources = 2) => {
  let total = 0;
  const inflight = createInflight({ limit, sources, onChange: (bytes) => (total = bytes) });
  return { inflight, total: () => total };
};
type Inflight = ReturnType<typeof createInflight>;
/** A body that takes as much as it can get, in steps, and begins anew each time that it is sent away. */
function fill(inflight: Inflight, source: string, step: number) {
  let timesSentAway = 0;
  const held = inflight.open(source, () => (timesSentAway += 1));
  while (held.grow(step));
  return { held, bytes: held.bytes, timesSentAway: () => timesSentAway };
}

describe('bytes under way', () => {
  it('are never more than the limit, of one source never more than three quarters, and all given back', () => {
    const action = fc.record({
      source: fc.constantFrom('a', 'b'),
      body: fc.nat(5),
      bytes: fc.integer({ min: 0, max: limit }),
      does: fc.constantFrom('grow', 'grow', 'grow', 'keep', 'release'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const { inflight, total } = open();
        const held = ['a', 'b'].flatMap((source) =>
          [0, 1, 2, 3, 4, 5].map((body) => ({ source, body, of: inflight.open(source, () => undefined) })),
        );
        const sum = (source?: string) =>
          held.reduce((all, each) => all + (source && source !== each.source ? 0 : each.of.bytes), 0);
        for (const { source, body, bytes, does } of actions) {
          const one = held.find((each) => each.source === source && each.body === body);
          const before = one?.of.bytes ?? 0;
          const hasGrown = one?.of[does](bytes);
          expect(total()).toBe(sum());
          expect(total()).toBeLessThanOrEqual(limit);
          expect(sum(source)).toBeLessThanOrEqual((limit * 3) / 4);
          if (hasGrown === false) expect(one?.of.bytes).toBe(before);
        }
        for (const { of } of held) of.release();
        expect(total()).toBe(0);
      }),
    );
  });

  it('that were kept are never sent away', () => {
    const { inflight } = open(1);
    const kept = fill(inflight, 'a', 1_000);
    kept.held.keep();
    expect(inflight.open('a').grow(1)).toBe(false);
    expect([kept.timesSentAway(), kept.held.bytes]).toEqual([0, limit]);
  });

  it.each([1, 4, 100, 2_000])(
    'leave room for the next body beside %i that take all that they can get',
    (hostile) => {
      const { inflight } = open(1);
      for (let body = 0; body < hostile; body += 1) fill(inflight, 'a', 100);
      const honest = fill(inflight, 'a', 10);
      expect(honest.bytes).toBeGreaterThan(limit / (hostile + 1) - 200);
      // They come again, and it is not sent away for it as long as it is no larger than they are.
      const part = inflight.open('a', () => expect.fail('it is sent away'));
      honest.held.release();
      expect(part.grow(Math.floor(limit / (hostile + 2)) - 200)).toBe(true);
      for (let body = 0; body < hostile; body += 1) fill(inflight, 'a', 100);
    },
  );

  it.each([1, 500])('of another source find room, whatever one source holds in %i bodies', (hostile) => {
    const { inflight } = open();
    for (let body = 0; body < hostile; body += 1) fill(inflight, 'hostile', 500);
    const { bytes } = fill(inflight, 'a', 500);
    expect(bytes).toBeGreaterThanOrEqual(limit / 2 - 1_000);
  });

  it('of another source find a quarter of it where those of one are whole', () => {
    const { inflight } = open();
    for (let body = 0; body < 10; body += 1) fill(inflight, 'hostile', 500).held.keep();
    expect(fill(inflight, 'a', 500).bytes).toBe(limit / 4);
  });
});

describe('parts of a body', () => {
  it('are put together as they came', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 20 }), (arrays) => {
        const parts = arrays.map((array) => Buffer.from(array));
        const whole = Buffer.concat(parts);
        const buffer = new BodyBuffer(whole.length);
        for (const part of parts) buffer.add(part);
        expect(buffer.take().equals(whole)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the values of a text of JSON', () => {
  const valuesIn = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? 1 + Object.values(value).reduce<number>((sum, each) => sum + valuesIn(each), 0)
      : 1;

  it('are never more than are counted, and never more than twice as many are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const counted = countValues(Buffer.from(JSON.stringify(value, null, indent)), Infinity);
        expect(counted).toBeGreaterThanOrEqual(valuesIn(value));
        expect(counted).toBeLessThanOrEqual(2 * valuesIn(value));
      }),
    );
  });

  it('are counted no further than is asked', () => {
    expect(countValues(Buffer.from(`[${'0,'.repeat(1_000)}0]`), 10)).toBe(11);
  });
});

describe('places', () => {
  it('are never more than there are, and who waits goes in in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 30 }), async (wanted) => {
        const places = createPlaces(10);
        const order: number[] = [];
        let taken = 0;
        const go = async (count: number, index: number) => {
          const leave = await places.enter(count);
          order.push(index);
          taken += Math.min(count, 10);
          expect(taken).toBeLessThanOrEqual(10);
          for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
          taken -= Math.min(count, 10);
          leave();
        };
        await Promise.all(wanted.map(go));
        expect(order).toEqual(wanted.map((_, index) => index));
      }),
    );
  });
});
