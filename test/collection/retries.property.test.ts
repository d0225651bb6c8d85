import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudit } from '../../src/collection/audit/audit.ts';
import type { Collecting, PodEvent } from '../../src/collection/pod/context.ts';
import { evolve, initialSnapshot } from '../../src/collection/pod/machine.ts';
import { retryAfterFailure } from '../../src/collection/pod/retries.ts';
import type { Plan } from '../../src/events/data/plan.ts';
import { createEvent } from '../../src/events/envelope.ts';
import { millisOf } from '../../src/events/instant.ts';
import { alertRef, at, pod, stored, story } from '../support/events.ts';

const codes = [
  'pod-not-found',
  'collector-timeout',
  'collector-exited',
  'handed-back',
  'unexpected',
] as const;
const seconds = fc.integer({ min: 0, max: 50 });
const backoff = fc.record({ initialSeconds: seconds, factor: fc.integer({ min: 1, max: 3 }), maxSeconds: seconds }); // prettier-ignore
const ofCode = fc.record(
  { code: fc.constantFrom(...codes.filter((code) => code !== 'handed-back')), maxAttempts: fc.integer({ min: 1, max: 5 }), backoff }, // prettier-ignore
  { requiredKeys: ['code'] },
);
const plans = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  backoff,
  retry: fc.uniqueArray(ofCode, { selector: ({ code }) => code, maxLength: 3 }),
});
/** What the attempts of a run fail with, were there as many as anybody could want. */
const fates = fc.array(fc.constantFrom(...codes), { minLength: 20, maxLength: 20 });

const told = story(alertRef(1));
const failedWith = (attempt: number, code: string, retryAt: string | undefined) => {
  const data = { ...pod, collectionId: told.collectionId, run: 1, attempt, error: { code, message: code } };
  return createEvent('CollectionAttemptFailed', { ...data, ...(retryAt && { retryAt }) }, { part: 'collect', time: at(3) }); // prettier-ignore
};

interface Lived {
  events: PodEvent[];
  /** Codes of the attempts that failed, in order, and the wait after each in seconds; undefined: there was no other. */
  tried: { code: string; waits: number | undefined }[];
  current: Collecting | null;
}

/** A run as the log tells it: each attempt fails, and the next one starts where the failure has a retryAt. */
function live(ofPlan: Partial<Plan>, codesToFail: readonly string[]): Lived {
  const events: PodEvent[] = [told.requested(ofPlan)];
  const tried: Lived['tried'] = [];
  const stateOf = () => events.reduce((state, event) => evolve(state, event).state, initialSnapshot).context;
  for (const [index, code] of codesToFail.entries()) {
    events.push(told.started(index + 1));
    const { current } = stateOf();
    if (!current) throw new Error('nothing is collecting');
    const retryAt = retryAfterFailure(current, index + 1, code, at(3));
    events.push(failedWith(index + 1, code, retryAt));
    tried.push({ code, waits: retryAt === undefined ? undefined : (millisOf(retryAt) - millisOf(at(3))) / 1_000 }); // prettier-ignore
    if (retryAt === undefined) break;
  }
  return { events, tried, current: stateOf().current };
}

const timesOf = (tried: Lived['tried'], code: string) => tried.filter((each) => each.code === code).length;

describe('a run of attempts that fail', () => {
  it('ends at the maxAttempts of the plan or of a code, whichever comes first, and not before', () => {
    fc.assert(
      fc.property(plans, fates, (ofPlan, codesToFail) => {
        const { tried, current } = live(ofPlan, codesToFail);
        const before = tried.slice(0, -1);
        const last = tried.at(-1);
        const usedUp = (part: Lived['tried']) =>
          part.length - timesOf(part, 'handed-back') >= ofPlan.maxAttempts ||
          timesOf(part, 'handed-back') > 10 ||
          ofPlan.retry.some(({ code, maxAttempts = Infinity }) => timesOf(part, code) >= maxAttempts);
        expect(usedUp(before)).toBe(false);
        expect(last?.waits === undefined).toBe(usedUp(tried));
        expect(current?.exhausted).toBe(usedUp(tried));
      }),
    );
  });

  it('waits by the backoff of the code where it has one, counted by its own failures, else by that of the plan', () => {
    fc.assert(
      fc.property(plans, fates, (ofPlan, codesToFail) => {
        const { tried } = live(ofPlan, codesToFail);
        for (const [index, { code, waits }] of tried.entries()) {
          if (waits === undefined || code === 'handed-back') continue;
          const own = ofPlan.retry.find((each) => each.code === code)?.backoff;
          const { initialSeconds, factor, maxSeconds } = own ?? ofPlan.backoff;
          const times = own ? timesOf(tried.slice(0, index + 1), code) : index + 1;
          expect(waits).toBe(Math.min(initialSeconds * factor ** (times - 1), maxSeconds));
        }
      }),
    );
  });

  it('breaks no promise of the audit, and one more attempt than it allows does', () => {
    fc.assert(
      fc.property(plans, fates, (ofPlan, codesToFail) => {
        const { events, tried } = live(ofPlan, codesToFail);
        const auditOf = (all: PodEvent[]) => {
          const audit = createAudit(1);
          all.forEach((event, index) => audit.apply(stored(event, index + 1)));
          return audit.finish().violations.filter(({ promise }) => promise === 4);
        };
        expect(auditOf(events)).toEqual([]);
        fc.pre(timesOf(tried, 'handed-back') <= 10);
        expect(auditOf([...events, told.started(tried.length + 1)])).not.toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('without a table is as it was: the log of a plan of before counts nothing by code', () => {
    const { current, tried } = live({ maxAttempts: 3 }, ['pod-not-found', 'pod-not-found', 'pod-not-found']);
    expect(tried.map(({ waits }) => waits)).toEqual([2, 4, undefined]);
    expect(current).not.toHaveProperty('failures');
  });
});
