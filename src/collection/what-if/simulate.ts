import { byHandSource } from '../../events/data/alert.ts';
import { createEvent } from '../../events/envelope.ts';
import { millisOf, timeOf } from '../../events/instant.ts';
import { type Pod, podSubject, type StatefulSet } from '../../events/subjects.ts';
import { elapsedOf } from '../pod/cooldowns.ts';
import {
  decide,
  type IntakeDecision,
  type Question,
  receptionOf,
  refOf,
  triggerOf,
} from '../intake/decide.ts';
import { chosen, podNamesOf } from '../targets/pods.ts';
import type { Plan } from '../../events/data/plan.ts';
import { evolve, initialSnapshot } from '../pod/machine.ts';
import type { PodEvent } from '../pod/context.ts';
import { labelsFor, recordable } from '../intake/labels.ts';
import { createPolicy, type Policy, type PolicyRow } from '../intake/policy.ts';
import { podOf } from '../../book/pod-of-alert.ts';
import type { Answer, Past, PastAlert, PastCollection } from './past.ts';
import { createTimeline, type Timeline } from './timeline.ts';

/** The configuration that is tried. */
export interface WhatIfPolicy {
  collections: readonly PolicyRow[];
  maxAlertAgeSeconds: number;
}

/** What is assumed; everything else is the policy, the decision and the machine of the service. */
export const assumptions = [
  'the configuration has been in force since the first alert of the stream',
  'an alert is decided when it was decided then; one that nothing was decided about, when it was received',
  'the pods of a StatefulSet are those that were found then, or as many as `replicas` says; where none were looked for, none are known',
  'what was asked for by hand is asked for again, with the plan that it had',
  'a collection that was also requested then ends as it did then, after as long as it took then, longer or shorter by the ' +
    'difference of durationSeconds',
  'any other collection succeeds after its durationSeconds; uploads, redrives and attempts that fail play no part',
];

const ranks = { end: 0, timer: 1, alert: 2 };
const part = 'what-if';

/**
 * What each alert would have led to: its answers, the last one being what it came to. A fold of its own for each pod, with
 * the machine and the decision of the service, over simulated ends of collections and cooldowns. Pure.
 * `horizonMillis`: nothing is simulated beyond it.
 */
export function simulate(past: Past, rules: WhatIfPolicy, horizonMillis: number): Map<PastAlert, Answer[]> {
  const policy = createPolicy(rules.collections);
  const timeline = createTimeline();
  const answers = new Map<PastAlert, Answer[]>(past.alerts.map((alert) => [alert, []]));
  const worlds = new Map<string, World>();
  const give = (alert: PastAlert, answer: Answer) => answers.get(alert)?.push(answer);
  for (const alert of past.alerts) {
    const isByHand = alert.event.data.source === byHandSource;
    const asked = isByHand ? askByHand(alert) : ask(policy, alert, rules.maxAlertAgeSeconds);
    if ('kind' in asked) {
      give(alert, asked);
      continue;
    }
    const at = millisOf(alert.decidedAt ?? alert.event.data.receivedAt);
    for (const question of asked) {
      const key = podSubject(question.pod);
      const world = worlds.get(key) ?? createWorld({ timeline, collections: past.collections, give });
      worlds.set(key, world);
      timeline.add(at, ranks.alert, () => world.decideAlert(alert, question, at));
    }
  }
  timeline.runUntil(horizonMillis);
  return answers;
}

function ask(policy: Policy, alert: PastAlert, maxAlertAgeSeconds: number): Question[] | Answer {
  const { event, alertId } = alert;
  const plan = policy.planFor(event.data.labels);
  if (!plan) return { kind: 'ignored' };
  const about = { alertId, alert: event.data, plan, maxAlertAgeSeconds };
  const found = recordable(event.data.labels, plan);
  if ('pod' in found) return [{ ...about, cause: event, pod: found.pod }];
  if ('label' in found) return { kind: 'declined', label: found.label };
  const cause = searchOf(alert, found.statefulSet, plan);
  const { kubeContext, namespace, sts, pods } = cause.data;
  if (pods.length === 0) return { kind: 'declined', label: 'pod' };
  return pods.map((pod) => ({ ...about, cause, pod: { kubeContext, namespace, pod, sts } }));
}

/** The search as it would have ended: by the plan, with the pods that ran then. */
function searchOf({ event, alertId, running }: PastAlert, statefulSet: StatefulSet, plan: Plan) {
  const { replicas } = plan.targets ?? {};
  const pods = replicas === undefined ? (running ?? []) : podNamesOf(statefulSet.sts, replicas);
  const since = event.storedAt;
  const given = labelsFor(plan, event.data.labels);
  const trigger = { ...triggerOf(refOf(alertId, event.data), event.data), ...given };
  const found = { ...chosen({ pods, leftOut: [] }, plan), attempt: 1, tookMs: 0 };
  const data = { ...statefulSet, searchId: receptionOf(event), trigger, plan, since, ...found };
  return {
    ...createEvent('TargetsFound', data, { part, time: since }),
    sequence: event.sequence,
    storedAt: since,
  };
}

/** No policy says what happens then: it is as it was. */
function askByHand({ event, alertId, answers }: PastAlert): Question[] | Answer {
  const requested = answers.find((answer) => answer.kind === 'requested');
  const found = podOf(event.data.labels);
  if (!requested || !('pod' in found)) return answers.at(-1) ?? { kind: 'ignored' };
  const question: Question = {
    ...{ cause: event, alertId, alert: event.data, pod: found.pod, plan: requested.plan },
    ...{ maxAlertAgeSeconds: Number.POSITIVE_INFINITY, byHand: { by: part, reason: part } },
  };
  return [question];
}

interface World {
  decideAlert: (alert: PastAlert, question: Question, millis: number) => void;
}

interface WorldDeps {
  timeline: Timeline;
  collections: ReadonlyMap<string, PastCollection>;
  give: (alert: PastAlert, answer: Answer) => void;
}

/** One pod. */
function createWorld({ timeline, collections, give }: WorldDeps): World {
  let snapshot = initialSnapshot;
  const apply = (event: PodEvent) => {
    snapshot = evolve(snapshot, event).state;
  };

  const decideAlert: World['decideAlert'] = (alert, question, millis) => {
    const decision = decide(snapshot, question, timeOf(millis));
    if (!decision) return;
    apply(decision);
    const { searchId } = decision.type === 'CollectionRequested' ? decision.data.trigger : decision.data;
    give(alert, { ...answerOf(decision), ...(searchId === undefined ? {} : { pod: decision.data.pod }) });
    if (decision.type === 'CollectionRequested') {
      const { collectionId, plan } = decision.data;
      const past = collections.get(collectionId);
      const longerMs = (plan.durationSeconds - (past?.durationSeconds ?? 0)) * 1_000;
      const endMillis = millis + Math.max(0, (past?.tookMs ?? 0) + longerMs);
      const events = () => endOf(question.pod, collectionId, timeOf(endMillis), past?.failed ?? false);
      timeline.add(endMillis, ranks.end, () => events().forEach(apply));
    }
    const elapsed = decision.type === 'CollectionSuppressed' ? elapsedOf(decision) : undefined;
    if (!elapsed) return;
    const elapsedMillis = millisOf(elapsed.time);
    timeline.add(elapsedMillis, ranks.timer, () => {
      // As the intake does: what has resolved meanwhile is not decided again.
      if (alert.resolvedAt !== undefined && millisOf(alert.resolvedAt) <= elapsedMillis) return;
      const cause = { ...elapsed, sequence: 0, storedAt: elapsed.time };
      decideAlert(alert, { ...question, cause }, elapsedMillis);
    });
  };
  return { decideAlert };
}

/** How a collection ends, as the log would tell it. */
function endOf(pod: Pod, collectionId: string, time: string, failed: boolean): PodEvent[] {
  const run = { ...pod, collectionId, run: 1 };
  const about = { part, time };
  if (failed) {
    const error = { code: 'as-it-was', message: 'it failed then, too' };
    return [createEvent('CollectionFailed', { ...run, stage: 'collect', attempts: 1, error }, about)];
  }
  const attempt = { ...run, attempt: 1 };
  const file = { bytes: 0, sha256: '' };
  const recording = { ...file, stagedName: '', startedAt: time, durationMs: 0, chunks: 0, jfrVersion: '' };
  return [
    createEvent('CollectionAttemptStarted', { ...attempt, by: { host: part, process: part } }, about),
    createEvent('JfrCollected', { ...attempt, recording, tookMs: 0 }, about),
    createEvent('Uploaded', { ...attempt, ...file, url: '', tookMs: 0 }, about),
  ];
}

function answerOf({ type, data }: IntakeDecision): Answer {
  if (type === 'CollectionRequested')
    return { kind: 'requested', collectionId: data.collectionId, plan: data.plan };
  if (type === 'AlertAttached') return { kind: 'attached', collectionId: data.collectionId };
  const { reason, until } = data;
  return { kind: 'suppressed', reason, ...(until === undefined ? {} : { until }) };
}
