import { transition } from 'xstate';
import {
  evolve,
  initialSnapshot,
  podMachine,
  type PodSnapshot,
} from '../../../src/collection/pod/machine.ts';
import type { PodEvent } from '../../../src/collection/pod/context.ts';
import { podSubject } from '../../../src/events/subjects.ts';
import type { Ablation } from '../ablations.ts';
import { decoded, history } from '../history.ts';

const pods = 5_000;
const events = [...history(pods)].map((event) => ({
  subject: podSubject(event.data),
  event: decoded(event),
}));

/** Microseconds an event. */
function fold(next: (state: PodSnapshot, event: PodEvent) => PodSnapshot): number {
  const states = new Map<string, PodSnapshot>();
  const begin = performance.now();
  for (const { subject, event } of events)
    states.set(subject, next(states.get(subject) ?? initialSnapshot, event));
  return ((performance.now() - begin) * 1_000) / events.length;
}

/** Transitions in one actor that is never started, against XState's own function, which makes one for each event. */
export const bareTransitions: Ablation = {
  what: 'inert actor: to fold an event',
  show: (value) => `${value.toFixed(2)} µs`,
  measure: () =>
    Promise.resolve({
      own: fold((state, event) => evolve(state, event).state),
      without: fold((state, event) => transition(podMachine, state, event)[0]),
    }),
};
