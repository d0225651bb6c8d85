import type { CollectionSummary, SummaryError } from './summary.ts';

/** What collections are counted by. */
export const countedBy = [
  ...(['state', 'errorCode', 'namespace', 'kubeContext'] as const),
  ...(['collector', 'alertname', 'rule', 'pod'] as const),
];
export type CountedBy = (typeof countedBy)[number];

/** The collections that have one value. */
export interface SummaryCount {
  /** Of a pod: kube_context/namespace/pod. */
  value: string;
  count: number;
  /** When the newest of them was requested, RFC 3339. */
  newestAt: string;
  /** How many pods they are of. */
  pods: number;
  /** Only by errorCode: the stage that the newest of them failed at. */
  stage?: SummaryError['stage'];
  /** Only by errorCode: what the newest of them failed with, in words. */
  message?: string;
}

export interface SummaryCounts {
  items: SummaryCount[];
  /** Also of those that have no such value. */
  total: number;
  /** So many values were left out. */
  more?: number;
}

interface Group {
  count: number;
  newest: CollectionSummary;
  pods: Set<string>;
}

/** Counts collections by one of their values, most first. Pure. */
export function countBy(summaries: Iterable<CollectionSummary>, by: CountedBy, limit: number): SummaryCounts {
  const groups = new Map<string, Group>();
  let total = 0;
  for (const summary of summaries) {
    total += 1;
    const value = valueOf(summary, by);
    if (value === undefined) continue;
    const pod = podTextOf(summary);
    const group = groups.get(value);
    if (!group) groups.set(value, { count: 1, newest: summary, pods: new Set([pod]) });
    else {
      group.count += 1;
      group.pods.add(pod);
      if (summary.firstSequence > group.newest.firstSequence) group.newest = summary;
    }
  }
  const all = [...groups].sort(
    ([, a], [, b]) => b.count - a.count || b.newest.firstSequence - a.newest.firstSequence,
  );
  const items = all.slice(0, limit).map(([value, { count, newest, pods }]) => ({
    ...{ value, count, newestAt: newest.requestedAt, pods: pods.size },
    ...(by === 'errorCode' && newest.error
      ? { stage: newest.error.stage, message: newest.error.message }
      : {}),
  }));
  return { items, total, ...(all.length > limit ? { more: all.length - limit } : {}) };
}

function valueOf(summary: CollectionSummary, by: CountedBy): string | undefined {
  if (by === 'errorCode') return summary.error?.code;
  return by === 'pod' ? podTextOf(summary) : summary[by];
}

/** `kube_context/namespace/pod`, as the API takes it. */
export function podTextOf({ kubeContext, namespace, pod }: CollectionSummary): string {
  return `${kubeContext}/${namespace}/${pod}`;
}
