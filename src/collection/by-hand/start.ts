import { type AlertReceivedData, byHandSource } from '../../events/data/alert.ts';
import type { Plan } from '../../events/data/plan.ts';
import { just } from '../../kernel/decide/decider.ts';
import { createEvent, type Event } from '../../events/envelope.ts';
import { fingerprintOf } from '../../events/fingerprint.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import type { ByHandDeps, Refused, Why } from './by-hand.ts';
import { decide } from '../intake/decide.ts';
import { lackingIn } from '../intake/labels.ts';
import { createPolicy, type PolicyRow } from '../intake/policy.ts';
import { type BadLabel, podOf } from '../../book/pod-of-alert.ts';

/** What a recording is asked for, by hand. */
export interface StartRequest extends Why {
  kubeContext: string;
  namespace: string;
  pod: string;
  sts?: string;
  /** Name of the row of `collections` whose plan is taken. Without it the first that matches, else the first. */
  rule?: string;
  /** Instead of that of the row; the time-out of an attempt moves with it. */
  durationSeconds?: number;
  traceparent?: string;
}

/** `attached`: the pod is being recorded already, and that recording answers this request, too. */
export type StartResult =
  { started: Event<'CollectionRequested'> } | { attached: Event<'AlertAttached'> } | Refused;

export interface StartDeps extends ByHandDeps {
  connection: Connection;
  rows: readonly PolicyRow[];
}

const alertname = 'RecordingRequestedByHand';

/**
 * Requests a recording of a pod. The request is kept as an alert like any other, and decided as one, but that no cooldown
 * holds it up. Refuses, with a reason to show, what cannot be a pod or has no plan. Throws LogUnavailable or BoardLags:
 * asked again, it starts nothing twice, because the pod is being recorded then.
 */
export async function start(deps: StartDeps, request: StartRequest): Promise<StartResult> {
  const now = deps.now();
  const alert = alertOf(request, now);
  const plan = planByHand(deps.rows, alert.labels, request);
  if (typeof plan === 'string') return { refused: plan };
  const found = podOf(alert.labels);
  if (!('pod' in found)) return { refused: found.message };
  const lacking = lackingIn(alert.labels, plan);
  if (lacking) return { refused: refusal(lacking, plan) };
  const { traceparent, by, reason } = request;
  const event = createEvent('AlertReceived', alert, { part: 'api', time: now, traceparent });
  const { sequence } = await append(deps.connection, event);
  const cause = { ...event, sequence, storedAt: now };
  // It came just now.
  const maxAlertAgeSeconds = Number.POSITIVE_INFINITY;
  const question = { cause, alertId: event.id, alert, pod: found.pod, plan, maxAlertAgeSeconds, byHand: { by, reason } }; // prettier-ignore
  const decided = await deps.pods.decide(found.pod, (state) => just(decide(state, question, deps.now())));
  const [decision] = decided?.events ?? [];
  if (decision?.type === 'CollectionRequested') return { started: decision };
  if (decision?.type === 'AlertAttached') return { attached: decision };
  return { refused: 'the same was asked for at the same moment, and answered there' };
}

/** The plan, with what was asked for otherwise; or why there is none. */
function planByHand(
  rows: readonly PolicyRow[],
  labels: Readonly<Record<string, string>>,
  { rule, durationSeconds }: StartRequest,
): Plan | string {
  const row = rows.find(({ name }) => name === rule) ?? (rule === undefined ? rows[0] : undefined);
  if (!row) {
    const known = rows.map(({ name }) => name).join(', ');
    return rule === undefined ? 'collections is empty in the configuration' : `there is no row ${rule} in collections; there is ${known}`; // prettier-ignore
  }
  const matched = rule === undefined ? createPolicy(rows).planFor(labels) : undefined;
  const plan = matched ?? { ...row.plan, rule: row.name };
  if (durationSeconds === undefined) return plan;
  const timeoutSeconds = plan.timeoutSeconds - plan.durationSeconds + durationSeconds;
  return { ...plan, durationSeconds, timeoutSeconds };
}

/** A request has the labels that name the pod and no others. */
function refusal({ label }: BadLabel, { rule }: Plan): string {
  return `the collector of row ${rule} needs the label ${label} of an alert, which a request by hand does not have: name another row (rule)`;
}

function alertOf(request: StartRequest, now: string): AlertReceivedData {
  const { kubeContext: kube_context, namespace, pod, sts, by, reason } = request;
  const labels = { alertname, kube_context, namespace, pod, ...(sts === undefined ? {} : { sts }) };
  return {
    source: byHandSource,
    receiver: '',
    groupKey: '',
    status: 'firing',
    labels,
    annotations: { by, reason },
    startsAt: now,
    generatorURL: '',
    externalURL: '',
    fingerprint: fingerprintOf(labels),
    receivedAt: now,
  };
}
