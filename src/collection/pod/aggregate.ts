import { eventTypes, isOfFamily } from '../../events/catalogue.ts';
import { type Pod, podSubject } from '../../events/subjects.ts';
import type { Aggregate } from '../../kernel/fold/aggregate.ts';
import type { PodContext, PodEvent } from './context.ts';
import { evolve, initialSnapshot, podMachine, type PodSnapshot } from './machine.ts';

/** The state of a pod's machine and its context, as one object. */
export type PodState = PodContext & { value: PodSnapshot['value'] };

/** A pod: its collections are decided on as one. */
export const podAggregate: Aggregate<Pod, PodEvent, PodSnapshot, PodState> = {
  name: 'pod',
  family: 'aw.collection',
  keyTokens: 3,
  subject: podSubject,
  types: eventTypes.filter((type) => isOfFamily(type, 'collection')),
  initial: initialSnapshot,
  evolve,
  isResting: ({ value, context }) => value === 'idle' && Object.keys(context.uploads).length === 0,
  pack: ({ value, context }) => ({ value, ...context }),
  unpack: ({ value, ...context }) =>
    value === initialSnapshot.value
      ? { ...initialSnapshot, context }
      : podMachine.resolveState({ value, context }),
  sources: ['aggregate', 'machine', 'context', 'guards', 'updates', 'summary', 'summaries', 'cooldowns'].map(
    (file) => new URL(`${file}.ts`, import.meta.url),
  ),
};
