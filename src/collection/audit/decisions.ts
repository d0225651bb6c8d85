import { byHandSource } from '../../events/data/alert.ts';
import { isTold, type StoredEvent } from '../../events/envelope.ts';
import { causesOf, decidedIdOf, receptionIdOf, resolvedIdOf } from '../../events/ids.ts';
import { nanosOf } from '../../events/instant.ts';
import type { Alerts } from './alerts.ts';
import { type Cooldown, createCooldowns, type Reading } from './cooldowns.ts';
import { type AuditHistory, type CollectionEvent, podOf } from './history.ts';
import { markOf } from './runs.ts';
import { type Cause, createUndecided, type Labels, type UndecidedAlert } from './undecided.ts';
import type { About, Report } from './promises.ts';

/** What is known when the stream was read. */
export interface AuditProgress {
  /** True: nothing should be under way. */
  settled: boolean;
  /** The intake is through with every message up to this sequence; absent where nobody knows. */
  decidedUpTo?: number;
  reading?: Reading;
}

type Told = StoredEvent<'AlertReceived' | 'AlertRenewed'>;
type Decision = StoredEvent<(typeof decisionTypes)[number]>;
const decisionTypes = [
  ...(['CollectionRequested', 'AlertAttached', 'CollectionSuppressed'] as const),
  ...(['AlertDeclined', 'TargetsRequested'] as const),
];

/**
 * Promise 6: every firing alert that the policy in force matched has a decision, and one that was suppressed for a cooldown waits
 * for a timer and is decided again.
 */
export function createDecisions(history: AuditHistory, alerts: Alerts, report: Report) {
  const undecided = createUndecided(alerts, report);
  const cooldowns = createCooldowns(report);
  /** The first decision by every cause that it follows from, and where it is. */
  const answers = new Map<string, { id: string; sequence: number }>();
  /** Ids of collections: a repeat of an alert whose failed collection was redriven needs no other one. */
  const redriven = new Set<string>();
  /** Ids of AlertRenewed. */
  const renewed = new Set<string>();
  /** Labels of alerts about StatefulSets, by the search. */
  const searched = new Map<string, Labels>();
  let hasDecided = false;

  const isRepeat = ({ type, id }: Told): boolean => {
    if (type === 'AlertReceived') return alerts.isReceived(id);
    return renewed.size === renewed.add(id).size;
  };
  // Of a timer whose suppression is not there: the process that set it was killed before it said so, and the alert is decided.
  const answer = (causes: string[], { id, sequence }: Decision) => {
    for (const causeId of causes) if (!answers.has(causeId)) answers.set(causeId, { id, sequence });
  };
  const decided = (event: Decision) => {
    const causes = causesOf(event.id);
    const { alertId = '' } = aboutOf(event);
    const labels = causes.map((causeId) => undecided.answer(causeId, alertId)).find(Boolean);
    if (event.type === 'TargetsRequested' && labels) searched.set(event.data.searchId, labels);
    hasDecided ||= event.source !== `/alert-watcher/${byHandSource}`;
    const earlier = answers.get(causes[0] ?? '');
    if (event.type === 'AlertDeclined') undecided.decline(alertId);
    else if (!earlier) answer(causes, event);
    // The same one twice is the machine's to ignore: promise 5.
    else if (earlier.id !== event.id) report(6, 'is decided again', aboutOf(event), [earlier.sequence, event.sequence]); // prettier-ignore
    if (event.type === 'CollectionSuppressed' && !earlier) cooldowns.begin(event, labels);
  };

  /** Whatever the policy says now, each pod is decided on by the plan of the search. */
  const causesOfFound = (event: StoredEvent<'TargetsFound'>): Cause[] => {
    const { kubeContext, namespace, searchId, trigger, pods } = event.data;
    return pods.map((pod) => {
      const about = { alertId: trigger.alertId, pod: `${kubeContext}/${namespace}/${pod}` };
      return {
        ...about,
        id: decidedIdOf(searchId, pod),
        labels: searched.get(searchId) ?? {},
        mark: markOf(event),
      };
    });
  };

  return {
    seeTimer: cooldowns.seeTimer,
    apply: (event: StoredEvent): void => {
      if (isTold(event)) {
        if (wantsDecision(event, redriven) && !isRepeat(event)) undecided.ask(causeOfTold(event));
      } else if (isDecision(event)) decided(event);
      else if (event.type === 'TargetsFound')
        for (const cause of causesOfFound(event)) undecided.askSurely(cause);
      else if (event.type === 'CooldownElapsed') {
        const cause = causeOfElapsed(event, cooldowns.end(event));
        if (cause && !answers.has(cause.id)) undecided.ask(cause);
      } else if (event.type === 'CollectionRedriven') redriven.add(event.data.collectionId);
      else if (event.type === 'PolicyConfigured') {
        undecided.configure(event, hasDecided || history.isCut());
      } else if (event.type === 'EventRejected' && event.data.consumer === 'intake') {
        undecided.reject(event.data.sequence);
      }
    },
    finish: ({ settled, decidedUpTo = 0, reading }: AuditProgress): UndecidedAlert[] => [
      ...undecided.finish(settled ? Infinity : decidedUpTo),
      ...cooldowns.finish(settled, reading),
    ],
    notes: undecided.notes,
  };
}

function aboutOf(event: Decision): About {
  const alertId = 'trigger' in event.data ? event.data.trigger.alertId : event.data.alertId;
  return 'pod' in event.data ? { alertId, pod: podOf(event as CollectionEvent) } : { alertId };
}

function isDecision(event: StoredEvent): event is Decision {
  return (decisionTypes as readonly string[]).includes(event.type);
}

function wantsDecision(event: Told, redriven: ReadonlySet<string>): boolean {
  const { status, source } = event.data;
  if (status !== 'firing' || source === byHandSource) return false;
  if (event.type === 'AlertReceived') return true;
  const { reason, collectionId = '' } = event.data;
  return reason !== 'changed' && !redriven.has(collectionId);
}

function causeOfTold(event: Told): Cause {
  const alertId = event.type === 'AlertReceived' ? event.id : event.data.alertId;
  const id = receptionIdOf(alertId, nanosOf(event.data.receivedAt) ?? 0n);
  return { id, alertId, labels: event.data.labels, mark: markOf(event) };
}

function causeOfElapsed(
  event: StoredEvent<'CooldownElapsed'>,
  ended: Cooldown | undefined,
): Cause | undefined {
  if (!ended?.labels) return undefined;
  const { alertId, fingerprint, startsAt } = event.data;
  const resolvedId = resolvedIdOf(alertId, { fingerprint, startsAt, labels: ended.labels });
  const cooldown = { sequence: ended.mark.sequence, resolvedId };
  return { id: event.id, alertId, labels: ended.labels, mark: markOf(event), cooldown };
}
