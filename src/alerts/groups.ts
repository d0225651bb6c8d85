import type { AlertOutcome } from '../book/outcome.ts';
import type { AlertReceivedData } from '../events/data/alert.ts';
import type { StoredEvent } from '../events/envelope.ts';
import { own } from '../events/own.ts';
import { kindOf, type MatchesRow, type OutcomeKind, outcomeKinds, reasonsIn } from './kinds.ts';

/** The alerts of one name and namespace. Times are those of the stream, RFC 3339. */
export interface AlertGroup {
  /** Null: the alerts have no such label. */
  alertname: string | null;
  namespace: string | null;
  /** How many: a fingerprint that began to fire twice is two. */
  alerts: number;
  /** Those that were not told resolved since, and those that were. */
  firing: number;
  resolved: number;
  /** How many different ones. */
  fingerprints: number;
  firstAt: string;
  lastAt: string;
  /** Of the firing ones. */
  outcomes: Record<OutcomeKind, number>;
  /** Why some were declined or suppressed, most first. */
  reasons: { reason: string; count: number }[];
  /** Id of the newest. */
  latestId: string;
  /** Names of some pods, and how many others there are. */
  pods: string[];
  morePods: number;
}

const maxReasons = 5;
const maxPods = 5;

interface Group extends Omit<
  AlertGroup,
  'alerts' | 'firing' | 'resolved' | 'fingerprints' | 'reasons' | 'pods' | 'morePods'
> {
  /** The status that was told last, by fingerprint and start. */
  last: Map<string, AlertReceivedData['status']>;
  fingerprints: Set<string>;
  reasons: Map<string, number>;
  pods: Set<string>;
}

/** Collects alerts, told newest first, into groups. */
export interface Grouping {
  add: (event: StoredEvent<'AlertReceived'>, outcome: AlertOutcome | undefined) => void;
  /** The group with the newest alert first. */
  groups: () => AlertGroup[];
}

export function createGrouping(matchesRow: MatchesRow): Grouping {
  const groups = new Map<string, Group>();
  return {
    add: (event, outcome) => {
      const { labels } = event.data;
      const [alertname, namespace] = [own(labels, 'alertname'), own(labels, 'namespace')];
      const key = JSON.stringify([alertname, namespace]);
      const group = groups.get(key) ?? begin(event);
      groups.set(key, group);
      add(group, event, outcome);
      if (event.data.status === 'firing') addOutcome(group, kindOf(event.data, outcome, matchesRow), outcome);
    },
    groups: () => [...groups.values()].map(finished),
  };
}

function begin({ id, storedAt, data: { labels } }: StoredEvent<'AlertReceived'>): Group {
  const outcomes = Object.fromEntries(outcomeKinds.map((kind) => [kind, 0]));
  return {
    ...{ alertname: own(labels, 'alertname') ?? null, namespace: own(labels, 'namespace') ?? null },
    ...{ last: new Map(), fingerprints: new Set() },
    ...{ firstAt: storedAt, lastAt: storedAt, latestId: id },
    ...{ outcomes: outcomes as Group['outcomes'], reasons: new Map(), pods: new Set() },
  };
}

function add(group: Group, { storedAt, data }: StoredEvent<'AlertReceived'>, outcome?: AlertOutcome): void {
  const alert = `${data.fingerprint} ${data.startsAt}`;
  if (!group.last.has(alert)) group.last.set(alert, data.status);
  group.fingerprints.add(data.fingerprint);
  group.firstAt = storedAt;
  const pod = own(data.labels, 'pod');
  if (pod) group.pods.add(pod);
  for (const each of outcome?.pods ?? []) group.pods.add(each.pod);
}

function addOutcome(group: Group, kind: OutcomeKind, outcome: AlertOutcome | undefined): void {
  group.outcomes[kind] += 1;
  if (!outcome || (kind !== 'declined' && kind !== 'suppressed')) return;
  for (const reason of reasonsIn(outcome)) group.reasons.set(reason, (group.reasons.get(reason) ?? 0) + 1);
}

function finished({ last, fingerprints, reasons, pods, ...group }: Group): AlertGroup {
  const firing = [...last.values()].filter((status) => status === 'firing').length;
  const mostFirst = [...reasons].sort(([, a], [, b]) => b - a).slice(0, maxReasons);
  return {
    ...group,
    ...{ alerts: last.size, firing, resolved: last.size - firing, fingerprints: fingerprints.size },
    reasons: mostFirst.map(([reason, count]) => ({ reason, count })),
    pods: [...pods].slice(0, maxPods),
    morePods: Math.max(0, pods.size - maxPods),
  };
}
