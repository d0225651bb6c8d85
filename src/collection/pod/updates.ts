import type { EventError } from '../../events/data/error.ts';
import type { CollectionEventType } from '../../events/catalogue.ts';
import type { Event } from '../../events/envelope.ts';
import { millisOf, timeOf } from '../../events/instant.ts';
import { uploadOf } from './guards.ts';
import { own } from '../../events/own.ts';
import { counted, isCutShort } from './retries.ts';
import {
  type Collection,
  type Failed,
  type PodContext,
  type PodCooldown,
  rememberedDecisions,
  rememberedFailures,
  type MachineStep,
  type Uploading,
} from './context.ts';

// What each event that the machine takes changes in the context. Pure.

type Of<T extends CollectionEventType> = Event<T>;

export function decidedNow({ context, event }: MachineStep): Partial<PodContext> {
  const decided = [...context.decided, event.id];
  const decidedAt = [...context.decidedAt, event.sequence ?? 0];
  if (decided.length <= rememberedDecisions) return { decided, decidedAt };
  return { decided: decided.slice(1), decidedAt: decidedAt.slice(1), forgotten: decidedAt[0] ?? 0 };
}

export function requested(step: MachineStep<Of<'CollectionRequested'>>): Partial<PodContext> {
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
      cutShort: 0,
    },
  };
}

export function attached(step: MachineStep<Of<'AlertAttached'>>): Partial<PodContext> {
  const { current } = step.context;
  if (!current) return {};
  const alerts = [...current.alerts, step.event.data.alertId].slice(0, rememberedDecisions);
  return { ...decidedNow(step), current: { ...current, alerts } };
}

export function attemptStarted({
  context,
  event: { data },
}: MachineStep<Of<'CollectionAttemptStarted'>>): Partial<PodContext> {
  if (!context.current) return {};
  const { retryAt: _past, ...rest } = context.current;
  const attempt = { number: data.attempt, by: data.by.process };
  // The one before has no end: its process died.
  const cutShort = rest.cutShort + (rest.attempt ? 1 : 0);
  return { current: { ...rest, attempts: data.attempt, attempt, cutShort } };
}

export function attemptFailed({
  context,
  event: { data },
}: MachineStep<Of<'CollectionAttemptFailed'>>): Partial<PodContext> {
  if (!context.current) return {};
  const { attempt: _ended, retryAt: _past, ...rest } = context.current;
  const cutShort = rest.cutShort + (isCutShort(data.error) ? 1 : 0);
  const ofCodes = rest.plan.retry ? { failures: counted(rest.plan, rest.failures, data.error.code) } : {};
  return { current: { ...rest, ...failure(data), cutShort, ...ofCodes } };
}

export function collected({ context, event }: MachineStep<Of<'JfrCollected'>>): Partial<PodContext> {
  const { current } = context;
  if (!current) return {};
  const { recording, jvm, artefacts } = event.data;
  const upload: Uploading = {
    ...collectionOf(current),
    ...noAttempts,
    state: 'staged',
    recording,
    ...(jvm ? { jvm } : {}),
    ...(artefacts ? { artefacts } : {}),
    collectedAt: event.time,
  };
  const until = timeOf(millisOf(event.time) + current.plan.cooldownSeconds * 1_000);
  const cooldown = { until, afterCollectionId: current.collectionId };
  return {
    current: null,
    uploads: { ...context.uploads, [current.collectionId]: upload },
    cooldown,
    ...(current.plan.cooldownBy === 'row' ? ofRow(context, current.plan.rule, cooldown, event.time) : {}),
  };
}

/** Those that have ended are forgotten. */
function ofRow(
  { rowCooldowns = {} }: PodContext,
  row: string,
  cooldown: PodCooldown,
  now: string,
): Partial<PodContext> {
  const open = Object.entries(rowCooldowns).filter(([, { until }]) => millisOf(until) > millisOf(now));
  return { rowCooldowns: { ...Object.fromEntries(open), [row]: cooldown } };
}

export function collectFailed({ context, event }: MachineStep<Of<'CollectionFailed'>>): Partial<PodContext> {
  const { current } = context;
  if (!current) return {};
  return { current: null, ...endedInFailure(context, event, { ...current, stage: 'collect' }) };
}

export function uploadAttemptFailed(step: MachineStep<Of<'UploadAttemptFailed'>>): Partial<PodContext> {
  const upload = uploadOf(step);
  if (!upload) return {};
  const { retryAt: _past, ...rest } = upload;
  const { data } = step.event;
  const next: Uploading = { ...rest, ...failure(data), attempts: data.attempt, state: 'uploading' };
  return { uploads: { ...step.context.uploads, [upload.collectionId]: next } };
}

export function uploaded({ context, event }: MachineStep<Of<'Uploaded'>>): Partial<PodContext> {
  const { collectionId, run } = event.data;
  return {
    uploads: without(context.uploads, collectionId),
    lastOutcome: { collectionId, run, state: 'uploaded', at: event.time },
  };
}

export function uploadFailed(step: MachineStep<Of<'CollectionFailed'>>): Partial<PodContext> {
  const upload = uploadOf(step);
  if (!upload) return {};
  return {
    uploads: without(step.context.uploads, upload.collectionId),
    ...endedInFailure(step.context, step.event, { ...upload, state: 'failed', stage: 'upload' }),
  };
}

export function redriven({
  context,
  event: { data },
}: MachineStep<Of<'CollectionRedriven'>>): Partial<PodContext> {
  const failed = own(context.failed, data.collectionId);
  if (failed?.stage !== 'collect') return {};
  return {
    failed: without(context.failed, data.collectionId),
    current: { ...collectionOf(failed), run: data.run, alerts: failed.alerts, ...noAttempts, cutShort: 0 },
  };
}

export function uploadRedriven({
  context,
  event,
}: MachineStep<Of<'CollectionRedriven'>>): Partial<PodContext> {
  const failed = own(context.failed, event.data.collectionId);
  if (failed?.stage !== 'upload') return {};
  const upload: Uploading = {
    ...collectionOf(failed),
    ...noAttempts,
    run: event.data.run,
    state: 'staged',
    recording: failed.recording,
    ...(failed.jvm ? { jvm: failed.jvm } : {}),
    ...(failed.artefacts ? { artefacts: failed.artefacts } : {}),
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
