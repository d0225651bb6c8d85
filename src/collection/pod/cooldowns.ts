import { createEvent, type Event } from '../../events/envelope.ts';
import { millisOf } from '../../events/instant.ts';
import { cooldownScheduleSubject } from '../../events/subjects.ts';
import type { Index } from '../../kernel/fold/board.ts';
import type { PodEvent } from './context.ts';
import type { PodSnapshot } from './machine.ts';

type Elapsed = Event<'CooldownElapsed'>;

/** The alerts that wait for the end of a cooldown, folded from the log: each with what its timer will say. */
export interface Cooldowns extends Index<PodEvent, PodSnapshot> {
  /** True while an alert waits for just this. */
  has: (elapsed: Elapsed) => boolean;
  /** What timers should have said before that time (milliseconds since 1970). Goes through all of them. */
  overdue: (beforeMillis: number) => Elapsed[];
}

interface Waiting {
  elapsed: Elapsed;
  /** Sequence of the CollectionSuppressed. */
  sequence: number;
}

type Packed = [about: [id: string, sequence: number, traceparent: string], data: Elapsed['data']];

export function createCooldowns(): Cooldowns {
  // By the subject of the timer, which the next suppression moves.
  const waiting = new Map<string, Waiting>();
  const has: Cooldowns['has'] = ({ id, data }) =>
    waiting.get(cooldownScheduleSubject(data))?.elapsed.id === id;
  return {
    name: 'cooldown',
    apply: (event, before, after) => {
      if (event.type === 'CooldownElapsed' && has(event)) waiting.delete(cooldownScheduleSubject(event.data));
      if (event.type !== 'CollectionSuppressed' || before === after) return;
      const elapsed = elapsedOf(event);
      if (elapsed) waiting.set(cooldownScheduleSubject(elapsed.data), { elapsed, sequence: event.sequence });
    },
    has,
    overdue: (beforeMillis) =>
      [...waiting.values()].flatMap(({ elapsed }) =>
        millisOf(elapsed.data.until) < beforeMillis ? [elapsed] : [],
      ),
    forgetBefore: (firstSequence) => {
      for (const [timer, { sequence }] of waiting) if (sequence < firstSequence) waiting.delete(timer);
    },
    lines: () => {
      const all = [...waiting.values()];
      return (function* () {
        for (const { elapsed, sequence } of all) {
          const { id, traceparent = '', data } = elapsed;
          yield JSON.stringify([[id, sequence, traceparent], data] satisfies Packed);
        }
      })();
    },
    load: (line) => {
      const [[id, sequence, traceparent], data] = JSON.parse(line) as Packed;
      const elapsed = { ...timerSays(data, '', traceparent || undefined), id };
      waiting.set(cooldownScheduleSubject(data), { elapsed, sequence });
    },
  };
}

/** What the timer of a suppressed alert says at the end of the cooldown; undefined where it waits for none. */
export function elapsedOf({ id, data, traceparent }: Event<'CollectionSuppressed'>): Elapsed | undefined {
  const { reason: _reason, ageSeconds: _age, until, afterCollectionId, ...rest } = data;
  if (until === undefined || afterCollectionId === undefined) return undefined;
  return timerSays({ ...rest, until, afterCollectionId }, id, traceparent);
}

function timerSays(data: Elapsed['data'], causeId: string, traceparent: string | undefined): Elapsed {
  return createEvent('CooldownElapsed', data, { part: 'intake', time: data.until, causeId, traceparent });
}
