import type { CollectionState } from '../../book/collection-state.ts';
import type { CollectionSummary } from './summary.ts';

/** Which collections are meant: those that have all of this. */
export interface SummaryMatch {
  /** Any of these. */
  state?: readonly CollectionState[] | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  alertname?: string | undefined;
  collector?: string | undefined;
  rule?: string | undefined;
  errorCode?: string | undefined;
  /** The pod, namespace, alertname or id begins so, in small or capital letters. */
  prefix?: string | undefined;
  /** Milliseconds since 1970: requested then or later, then or earlier. */
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
}

export interface SummaryFilter extends SummaryMatch {
  /** At most this many. */
  limit: number;
  /** Only those that were requested before this one: `next` of the page before. */
  before?: number | undefined;
}

export interface SummaryPage {
  items: CollectionSummary[];
  next?: number;
}

/** A page of them, newest first. Pure. */
export function list(
  summaries: Iterable<CollectionSummary>,
  { limit, before, ...match }: SummaryFilter,
): SummaryPage {
  const isNamed = namedBy(match);
  const isInTime = timed(match);
  const named: CollectionSummary[] = [];
  for (const summary of summaries) {
    if ((before === undefined || summary.firstSequence < before) && isNamed(summary)) named.push(summary);
  }
  // They are nearly in order: what this process appends itself, it learns of earlier.
  named.sort((a, b) => b.firstSequence - a.firstSequence);
  const items: CollectionSummary[] = [];
  for (const summary of named) {
    // Last, and no more than needed: reading a time takes longer than all the rest.
    if (!isInTime(summary)) continue;
    const next = items.at(-1)?.firstSequence;
    if (items.length === limit && next !== undefined) return { items, next };
    items.push(summary);
  }
  return { items };
}

/** All that are meant, in no order. Pure. */
export function* matching(
  summaries: Iterable<CollectionSummary>,
  match: SummaryMatch,
): Iterable<CollectionSummary> {
  const isNamed = namedBy(match);
  const isInTime = timed(match);
  for (const summary of summaries) if (isNamed(summary) && isInTime(summary)) yield summary;
}

/** True where a text begins so, in small or capital letters. `prefix` is in small letters. */
export function beginsWith(text: string, prefix: string): boolean {
  return text.length >= prefix.length && text.slice(0, prefix.length).toLowerCase() === prefix;
}

function namedBy({ state, errorCode, prefix, sinceMs: _since, untilMs: _until, ...names }: SummaryMatch) {
  const wanted = (Object.keys(names) as (keyof typeof names)[]).filter((name) => names[name] !== undefined);
  const small = prefix?.toLowerCase();
  return (summary: CollectionSummary): boolean => {
    for (const name of wanted) if (names[name] !== summary[name]) return false;
    if (state && !state.includes(summary.state)) return false;
    if (errorCode !== undefined && summary.error?.code !== errorCode) return false;
    if (small === undefined) return true;
    const { pod, namespace, alertname = '', id } = summary;
    return [pod, namespace, alertname, id].some((text) => beginsWith(text, small));
  };
}

function timed({ sinceMs, untilMs }: SummaryMatch) {
  return ({ requestedAt }: CollectionSummary): boolean => {
    if (sinceMs === undefined && untilMs === undefined) return true;
    const requestedMs = Date.parse(requestedAt);
    return (
      (sinceMs === undefined || requestedMs >= sinceMs) && (untilMs === undefined || requestedMs <= untilMs)
    );
  };
}
