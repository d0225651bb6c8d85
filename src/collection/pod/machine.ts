import { type ActorScope, assign, createActor, initialTransition, setup, type SnapshotFrom } from 'xstate';
import { initialContext, type PodContext, type PodEvent } from './context.ts';
import { isNew, isOfCurrent, isRedriven, uploadOf } from './guards.ts';
import {
  attached,
  attemptFailed,
  attemptStarted,
  collected,
  collectFailed,
  decidedNow,
  redriven,
  requested,
  uploadAttemptFailed,
  uploaded,
  uploadFailed,
  uploadRedriven,
} from './updates.ts';

/**
 * The collections of one pod. Pure: it knows no clock and no effects but the names `collect` and `upload`, which say what
 * the reactors do at that point. Events that do not fit are ignored and leave the snapshot as it is.
 */
export const podMachine = setup({
  types: { context: {} as PodContext, events: {} as PodEvent },
  actions: { collect: () => undefined, upload: () => undefined },
}).createMachine({
  id: 'pod',
  context: initialContext,
  initial: 'idle',
  // Uploads go on whatever the pod does; what a state below does not take comes here.
  on: {
    CollectionSuppressed: { guard: isNew, actions: assign(decidedNow) },
    Uploaded: { guard: (step) => uploadOf(step) !== undefined, actions: assign(uploaded) },
    UploadAttemptFailed: {
      guard: (step) => step.event.data.attempt === (uploadOf(step)?.attempts ?? Number.NaN) + 1,
      actions: assign(uploadAttemptFailed),
    },
    CollectionFailed: {
      guard: (step) => step.event.data.stage === 'upload' && uploadOf(step) !== undefined,
      actions: assign(uploadFailed),
    },
    CollectionRedriven: {
      guard: (step) => isRedriven(step, 'upload'),
      actions: [assign(uploadRedriven), 'upload'],
    },
  },
  states: {
    idle: {
      on: {
        CollectionRequested: { guard: isNew, target: 'collecting', actions: [assign(requested), 'collect'] },
        CollectionRedriven: {
          guard: (step) => isRedriven(step, 'collect'),
          target: 'collecting',
          actions: [assign(redriven), 'collect'],
        },
      },
    },
    collecting: {
      on: {
        AlertAttached: {
          guard: (step) => isNew(step) && step.context.current?.collectionId === step.event.data.collectionId,
          actions: assign(attached),
        },
        CollectionAttemptStarted: {
          guard: (step) =>
            isOfCurrent(step) && step.event.data.attempt === (step.context.current?.attempts ?? 0) + 1,
          actions: assign(attemptStarted),
        },
        CollectionAttemptFailed: {
          guard: (step) =>
            isOfCurrent(step) && step.event.data.attempt === step.context.current?.attempt?.number,
          actions: assign(attemptFailed),
        },
        JfrCollected: {
          guard: (step) =>
            isOfCurrent(step) && step.event.data.attempt <= (step.context.current?.attempts ?? 0),
          target: 'idle',
          actions: [assign(collected), 'upload'],
        },
        CollectionFailed: {
          guard: (step) => step.event.data.stage === 'collect' && isOfCurrent(step),
          target: 'idle',
          actions: assign(collectFailed),
        },
      },
    },
  },
});

export type PodSnapshot = SnapshotFrom<typeof podMachine>;

/** The state of a pod of which nothing is known. */
export const [initialSnapshot] = initialTransition(podMachine);

/** The state after an event, and the names of the effects that it asks for. Ignored: the same snapshot object. */
export function evolve(snapshot: PodSnapshot, event: PodEvent): { state: PodSnapshot; effects: string[] } {
  asked = [];
  const next = podMachine.transition(snapshot, event, scope);
  const isIgnored = next.context === snapshot.context && next.value === snapshot.value;
  return { state: isIgnored ? snapshot : next, effects: asked };
}

let asked: string[] = [];
const { system } = createActor(podMachine);
const ignore = () => undefined;
/**
 * What a transition runs in: an actor that is never started, as XState's own `transition` makes anew for each event, which
 * takes half of its time.
 */
const scope: ActorScope<PodSnapshot, PodEvent> = {
  self: createActor(podMachine),
  id: '',
  sessionId: '',
  system,
  logger: ignore,
  defer: ignore,
  emit: ignore,
  stopChild: ignore,
  actionExecutor: ({ type }) => void asked.push(type),
};
