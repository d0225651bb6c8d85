import { assign, initialTransition, setup, type SnapshotFrom, transition } from 'xstate';
import type { CollectionRequestedData, EventError, Plan, Recording } from '../events/collection-events.ts';
import type { CollectionEventType } from '../events/catalogue.ts';
import type { Event } from '../events/envelope.ts';
import { millisOf, timeOf } from '../events/instant.ts';

export type PodEvent = Event<CollectionEventType>;

/** What stays the same in a collection's life, and is needed again when it is redriven. */
interface Collection {
  collectionId: string;
  run: number;
  requestedAt: string;
  sts?: string;
  trigger: CollectionRequestedData['trigger'];
  plan: Plan;
}

/** What the attempts of one stage have come to. */
interface Attempts {
  attempts: number;
  lastError?: EventError;
  /** The next attempt is not before this. */
  retryAt?: string;
  /** True: the last attempt failed and there will be no other; CollectionFailed follows. */
  exhausted: boolean;
}

/** A recording that is being made. */
export interface Collecting extends Collection, Attempts {
  /** Ids of the alerts that this collection answers, its trigger first. */
  alerts: string[];
  /** The attempt under way, until it has failed. */
  attempt?: { number: number; by: string };
}

/** A recording on its way to its destination. */
export interface Uploading extends Collection, Attempts {
  state: 'staged' | 'uploading' | 'failed';
  recording: Recording;
  collectedAt: string;
}

/** A run that ended without success and can be redriven. */
export type Failed = (Collecting & { stage: 'collect' }) | (Uploading & { stage: 'upload' });

export interface PodContext {
  current: Collecting | null;
  uploads: Record<string, Uploading>;
  /** The last few, for redriving. */
  failed: Record<string, Failed>;
  lastOutcome: { collectionId: string; run: number; state: 'uploaded' | 'failed'; at: string } | null;
  cooldown: { until: string; afterCollectionId: string } | null;
  /** Ids of the last decisions: a repeat that comes after the duplicate window changes nothing. */
  decided: string[];
}

/** How many decisions, and attached alerts, a pod remembers; a pod with more in its life forgets the oldest. */
export const rememberedDecisions = 100;
const rememberedFailures = 5;

const initialContext: PodContext = {
  current: null,
  uploads: {},
  failed: {},
  lastOutcome: null,
  cooldown: null,
  decided: [],
};

type Of<T extends CollectionEventType> = Event<T>;
interface Step<E = PodEvent> {
  context: PodContext;
  event: E;
}

const isNew = ({ context, event }: Step) => !context.decided.includes(event.id);
const isOfCurrent = ({
  context: { current },
  event: { data },
}: Step<Of<'JfrCollected' | 'CollectionAttemptStarted' | 'CollectionAttemptFailed' | 'CollectionFailed'>>) =>
  current?.collectionId === data.collectionId && current.run === data.run;
const uploadOf = ({
  context,
  event: { data },
}: Step<Of<'Uploaded' | 'UploadAttemptFailed' | 'CollectionFailed'>>) => {
  const upload = own(context.uploads, data.collectionId);
  return upload?.run === data.run ? upload : undefined;
};
const isRedriven = (step: Step<Of<'CollectionRedriven'>>, stage: Failed['stage']) => {
  const failed = own(step.context.failed, step.event.data.collectionId);
  return failed?.stage === stage && step.event.data.stage === stage && step.event.data.run === failed.run + 1;
};

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
        CollectionRedriven: [
          {
            guard: (step) => isRedriven(step, 'collect'),
            target: 'collecting',
            actions: [assign(redriven), 'collect'],
          },
          { guard: (step) => isRedriven(step, 'upload'), actions: [assign(uploadRedriven), 'upload'] },
        ],
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
        CollectionFailed: [
          {
            guard: (step) => step.event.data.stage === 'collect' && isOfCurrent(step),
            target: 'idle',
            actions: assign(collectFailed),
          },
          {
            guard: (step) => step.event.data.stage === 'upload' && uploadOf(step) !== undefined,
            actions: assign(uploadFailed),
          },
        ],
      },
    },
  },
});

export type PodSnapshot = SnapshotFrom<typeof podMachine>;

/** The state of a pod of which nothing is known. */
export const [initialSnapshot] = initialTransition(podMachine);

/** The state after an event, and the names of the effects that it asks for. Ignored: the same snapshot object. */
export function evolve(snapshot: PodSnapshot, event: PodEvent): { snapshot: PodSnapshot; effects: string[] } {
  const [next, actions] = transition(podMachine, snapshot, event);
  const isIgnored = next.context === snapshot.context && next.value === snapshot.value;
  return { snapshot: isIgnored ? snapshot : next, effects: actions.map(({ type }) => type) };
}

function decidedNow({ context, event }: Step): Pick<PodContext, 'decided'> {
  return { decided: [...context.decided, event.id].slice(-rememberedDecisions) };
}

function requested(step: Step<Of<'CollectionRequested'>>): Partial<PodContext> {
  const { collectionId, trigger, plan, sts } = step.event.data;
  return {
    ...decidedNow(step),
    current: {
      collectionId,
      run: 1,
      requestedAt: step.event.time,
      ...(sts === undefined ? {} : { sts }),
      trigger,
      plan,
      alerts: [trigger.alertId],
      ...noAttempts,
    },
  };
}

function attached(step: Step<Of<'AlertAttached'>>): Partial<PodContext> {
  const { current } = step.context;
  if (!current) return {};
  const alerts = [...current.alerts, step.event.data.alertId].slice(0, rememberedDecisions);
  return { ...decidedNow(step), current: { ...current, alerts } };
}

function attemptStarted({
  context,
  event: { data },
}: Step<Of<'CollectionAttemptStarted'>>): Partial<PodContext> {
  if (!context.current) return {};
  const { retryAt: _past, ...rest } = context.current;
  return {
    current: { ...rest, attempts: data.attempt, attempt: { number: data.attempt, by: data.by.process } },
  };
}

function attemptFailed({
  context,
  event: { data },
}: Step<Of<'CollectionAttemptFailed'>>): Partial<PodContext> {
  if (!context.current) return {};
  const { attempt: _ended, retryAt: _past, ...rest } = context.current;
  return { current: { ...rest, ...failure(data) } };
}

function collected({ context, event }: Step<Of<'JfrCollected'>>): Partial<PodContext> {
  const { current } = context;
  if (!current) return {};
  const upload: Uploading = {
    ...collectionOf(current),
    ...noAttempts,
    state: 'staged',
    recording: event.data.recording,
    collectedAt: event.time,
  };
  const until = timeOf(millisOf(event.time) + current.plan.cooldownSeconds * 1_000);
  return {
    current: null,
    uploads: { ...context.uploads, [current.collectionId]: upload },
    cooldown: { until, afterCollectionId: current.collectionId },
  };
}

function collectFailed({ context, event }: Step<Of<'CollectionFailed'>>): Partial<PodContext> {
  const { current } = context;
  if (!current) return {};
  return { current: null, ...endedInFailure(context, event, { ...current, stage: 'collect' }) };
}

function uploadAttemptFailed(step: Step<Of<'UploadAttemptFailed'>>): Partial<PodContext> {
  const upload = uploadOf(step);
  if (!upload) return {};
  const { retryAt: _past, ...rest } = upload;
  const { data } = step.event;
  const next: Uploading = { ...rest, ...failure(data), attempts: data.attempt, state: 'uploading' };
  return { uploads: { ...step.context.uploads, [upload.collectionId]: next } };
}

function uploaded({ context, event }: Step<Of<'Uploaded'>>): Partial<PodContext> {
  const { collectionId, run } = event.data;
  return {
    uploads: without(context.uploads, collectionId),
    lastOutcome: { collectionId, run, state: 'uploaded', at: event.time },
  };
}

function uploadFailed(step: Step<Of<'CollectionFailed'>>): Partial<PodContext> {
  const upload = uploadOf(step);
  if (!upload) return {};
  return {
    uploads: without(step.context.uploads, upload.collectionId),
    ...endedInFailure(step.context, step.event, { ...upload, state: 'failed', stage: 'upload' }),
  };
}

function redriven({ context, event: { data } }: Step<Of<'CollectionRedriven'>>): Partial<PodContext> {
  const failed = own(context.failed, data.collectionId);
  if (failed?.stage !== 'collect') return {};
  return {
    failed: without(context.failed, data.collectionId),
    current: { ...collectionOf(failed), run: data.run, alerts: failed.alerts, ...noAttempts },
  };
}

function uploadRedriven({ context, event }: Step<Of<'CollectionRedriven'>>): Partial<PodContext> {
  const failed = own(context.failed, event.data.collectionId);
  if (failed?.stage !== 'upload') return {};
  const upload: Uploading = {
    ...collectionOf(failed),
    ...noAttempts,
    run: event.data.run,
    state: 'staged',
    recording: failed.recording,
    // The deadline of the new run counts from its start.
    collectedAt: event.time,
  };
  return {
    failed: without(context.failed, failed.collectionId),
    uploads: { ...context.uploads, [failed.collectionId]: upload },
  };
}

const noAttempts = { attempts: 0, exhausted: false };

function collectionOf({ collectionId, run, requestedAt, sts, trigger, plan }: Collection): Collection {
  return { collectionId, run, requestedAt, ...(sts === undefined ? {} : { sts }), trigger, plan };
}

function failure({ error, retryAt }: { error: EventError; retryAt?: string }) {
  return {
    lastError: error,
    exhausted: retryAt === undefined,
    ...(retryAt === undefined ? {} : { retryAt }),
  };
}

function endedInFailure(context: PodContext, event: Of<'CollectionFailed'>, failed: Failed) {
  const { collectionId, run, error } = event.data;
  const others = Object.entries(without(context.failed, collectionId)).slice(1 - rememberedFailures);
  return {
    failed: { ...Object.fromEntries(others), [collectionId]: { ...failed, lastError: error } },
    lastOutcome: { collectionId, run, state: 'failed' as const, at: event.time },
  };
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  const { [key]: _removed, ...rest } = record;
  return rest;
}

// Ids come from the stream: a key such as "constructor" must not find anything.
function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
