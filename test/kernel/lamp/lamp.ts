import type { EventType } from '../../../src/events/catalogue.ts';
import { createEvent, type Stored } from '../../../src/events/envelope.ts';
import { millisOf, timeOf } from '../../../src/events/instant.ts';
import { encodeToken } from '../../../src/events/subjects.ts';
import type { Auditor } from '../../../src/kernel/audit/driver.ts';
import { makeViolation, type ViolationOf } from '../../../src/kernel/audit/violation.ts';
import type { Decision } from '../../../src/kernel/decide/decider.ts';
import type { Aggregate } from '../../../src/kernel/fold/aggregate.ts';
import type { Effort, Work } from '../../../src/kernel/react/attempts.ts';
import type { Logger } from '../../../src/telemetry/logger.ts';
import { type LampEvent, type LampKey, lampRows, lampSubject } from './rows.ts';

/** A lamp: its bulb, whether it is lit, and how often that was tried. */
export interface LampState {
  bulb: number;
  attempts: number;
  lit: boolean;
  burnt: boolean;
  retryAt?: string;
}

const dark: LampState = { bulb: 0, attempts: 0, lit: false, burnt: true };

export const lampAggregate: Aggregate<LampKey, LampEvent, LampState, LampState> = {
  name: 'lamp',
  family: 'aw.lamp',
  keyTokens: 2,
  subject: lampSubject,
  types: Object.keys(lampRows) as LampEvent['type'][],
  initial: dark,
  evolve: (state, event) => {
    const { bulb } = event.data;
    const ignored = { state, effects: [] };
    switch (event.type) {
      case 'LampOrdered':
        if (bulb !== state.bulb + 1 || !state.burnt) return ignored;
        return { state: { bulb, attempts: 0, lit: false, burnt: false }, effects: ['light'] };
      case 'LampTried': {
        const { attempt, lit, retryAt } = event.data;
        if (bulb !== state.bulb || state.burnt || state.lit || attempt !== state.attempts + 1) return ignored;
        return { state: { bulb, attempts: attempt, lit, burnt: false, ...(retryAt === undefined ? {} : { retryAt }) }, effects: [] }; // prettier-ignore
      }
      case 'LampBurnt':
        if (bulb !== state.bulb || state.burnt) return ignored;
        return { state: { ...state, lit: false, burnt: true }, effects: [] };
    }
  },
  isResting: ({ lit, burnt }) => lit || burnt,
  pack: (state) => state,
  unpack: (packed) => packed,
  sources: [new URL(import.meta.url)],
};

/** An event of a lamp; the types of the service's own catalogue do not know it. */
export function lampEvent<T extends LampEvent['type']>(
  type: T,
  data: Extract<LampEvent, { type: T }>['data'],
  time: string,
  causeId = 'test',
): Extract<LampEvent, { type: T }> {
  const event = createEvent(type as unknown as EventType, data as never, { part: 'lamp', time, causeId });
  return event as unknown as Extract<LampEvent, { type: T }>;
}

/** A new bulb: two events where the old one still burns, and the timer at which the new one will be burnt. */
export function replaceBulb(
  key: LampKey,
  state: LampState,
  now: string,
  burnsSeconds: number,
): Decision<LampEvent> {
  const bulb = state.bulb + 1;
  const at = timeOf(millisOf(now) + burnsSeconds * 1_000);
  const old = state.burnt ? [] : [lampEvent('LampBurnt', { ...key, bulb: state.bulb }, now)];
  return {
    events: [...old, lampEvent('LampOrdered', { ...key, bulb }, now)],
    timers: [
      {
        subject: `aw.schedule.lamp.${encodeToken(`${key.house}/${key.lamp}`)}`,
        at,
        event: lampEvent('LampBurnt', { ...key, bulb }, at),
      },
    ],
  };
}

type OrderedEvent = Extract<LampEvent, { type: 'LampOrdered' }>;
export type LampWork = Work & LampKey & { state: LampState };

/** Lights what was ordered; tried again at once, or a second later where `waits`. */
export function lightEffort(
  light: (work: LampWork, attempt: number) => Promise<void>,
  { now, logger, waits = false }: { now: () => string; logger: Logger; waits?: boolean },
): Effort<LampKey, OrderedEvent & Stored, LampState, LampWork, 'lit'> {
  const keyOf = ({ data: { house, lamp } }: OrderedEvent): LampKey => ({ house, lamp });
  const tried = ({ house, lamp, state }: LampWork, lit: boolean) => {
    const retry = lit || !waits ? {} : { retryAt: timeOf(millisOf(now()) + 1_000) };
    return lampEvent(
      'LampTried',
      { house, lamp, bulb: state.bulb, attempt: state.attempts + 1, lit, ...retry },
      now(),
    );
  };
  return {
    keyOf,
    find: (cause, state) =>
      state.bulb !== cause.data.bulb || state.burnt || state.lit
        ? undefined
        : { ...keyOf(cause), traceparent: cause.traceparent, logger, state },
    next: ({ state }) => ({ waitUntil: millisOf(state.retryAt ?? '') }),
    attemptOf: ({ state }) => state.attempts + 1,
    isMine: (current, begun) => current.state.attempts === begun.state.attempts,
    run: async (work) => {
      await light(work, work.state.attempts + 1);
      return 'lit';
    },
    succeeded: (work) => tried(work, true),
    failed: (_, begun) => tried(begun, false),
    ended: () => ({ events: [] }),
    span: () => ({ name: 'light', attributes: {} }),
    tell: {
      failureEvent: 'LampTried',
      tried: () => undefined,
      succeeded: () => undefined,
      ended: () => undefined,
    },
  };
}

export const lampPromises = { 1: 'lit-once' } as const;

/** The one promise: a bulb is lit once. */
export function lampAudit() {
  const violations: ViolationOf<typeof lampPromises, object>[] = [];
  const lit = new Map<string, number>();
  const auditor: Auditor = {
    event: (stored) => {
      const event = stored as unknown as LampEvent & Stored;
      if (event.type !== 'LampTried' || !event.data.lit) return;
      const name = `${lampSubject(event.data)}/${String(event.data.bulb)}`;
      const first = lit.get(name);
      if (first === undefined) lit.set(name, event.sequence);
      else violations.push(makeViolation(lampPromises, 1, 'is lit again', {}, [event.sequence, first]));
    },
  };
  return { auditor, violations };
}
