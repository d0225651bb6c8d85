import type { AlertReceivedData } from '../events/data/alert.ts';
import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../events/envelope.ts';
import { millisOf, timeOf } from '../events/instant.ts';
import { own } from '../events/own.ts';
import { encodeToken } from '../events/subjects.ts';
import { readBackwards } from '../log/backwards.ts';
import { firstSequenceSince } from '../log/since.ts';
import type { AlertOutcome } from '../book/outcome.ts';
import type { Source } from '../log/read.ts';
import { readOutcomes } from './outcomes.ts';

/** An alert as it was stored, and what it has led to. */
export interface StoredAlert {
  event: StoredEvent<'AlertReceived'>;
  outcome?: AlertOutcome;
}

export interface AlertFilter {
  alertname?: string | undefined;
  fingerprint?: string | undefined;
  status?: 'firing' | 'resolved' | undefined;
  kubeContext?: string | undefined;
  namespace?: string | undefined;
  pod?: string | undefined;
  /** The alertname, fingerprint or pod begins so, in small or capital letters. */
  prefix?: string | undefined;
  /** RFC 3339: stored then or later, then or earlier. */
  since?: string | undefined;
  until?: string | undefined;
  limit: number;
  /** Only what was stored before this sequence: `next` of the page before. */
  before?: number | undefined;
}

export interface AlertPage {
  items: StoredAlert[];
  /** Present where there may be more. A page that took too long is shorter than its limit, or empty, and has it. */
  next?: number;
}

/** A page is answered after so long, with what was found by then. */
const patienceMs = 2_000;

/** Reads a page of alerts from the stream, newest first. Throws LogUnavailable. */
export async function readAlertPage(source: Source, filter: AlertFilter): Promise<AlertPage> {
  const { items, next } = await search(source, filter, patienceMs);
  const outcomes = await readOutcomes(source, items);
  const alerts = items.map((event) => withOutcome(event, outcomes.get(event.id)));
  return next === undefined ? { items: alerts } : { items: alerts, next };
}

async function search({ connection, stream }: Source, filter: AlertFilter, patience: number) {
  const { alertname, fingerprint, status, limit } = filter;
  const tokens = [alertname, fingerprint, undefined, status];
  const subject = `aw.alert.${tokens.map((each) => (each === undefined ? '*' : encodeToken(each))).join('.')}.AlertReceived`;
  const items: StoredEvent<'AlertReceived'>[] = [];
  const range = await rangeOf({ connection, stream }, filter);
  if (!range) return { items };
  const deadline = performance.now() + patience;
  for await (const { messages, downTo } of readBackwards(connection, stream, {
    ...range,
    filter: subject,
    mayBe: mentions(filter),
  })) {
    for (const message of messages) {
      const event = decodeEvent(message);
      if (!isEvent(event) || event.type !== 'AlertReceived' || !isWanted(event, filter)) continue;
      if (items.length === limit) return { items, next: items.at(-1)?.sequence };
      items.push(event);
    }
    if (downTo > range.from && (items.length >= limit || performance.now() > deadline)) {
      return { items, next: items.length >= limit ? items.at(-1)?.sequence : downTo };
    }
  }
  return { items };
}

/** The sequences that the times of a filter mean; undefined where there are none. */
export async function rangeOf(
  { connection, stream }: Source,
  { since, until, before }: Pick<AlertFilter, 'since' | 'until' | 'before'>,
) {
  const from = since === undefined ? 1 : await firstSequenceSince(connection, stream, 'aw.alert.>', since);
  if (from === undefined) return undefined;
  const afterwards =
    until === undefined
      ? undefined
      : await firstSequenceSince(connection, stream, 'aw.alert.>', timeOf(millisOf(until) + 1));
  return { from, to: Math.min(before ?? Number.MAX_SAFE_INTEGER, afterwards ?? Number.MAX_SAFE_INTEGER) - 1 };
}

/** Much faster than decoding: the labels are somewhere in the body, as our own encoder writes them. */
function mentions({ kubeContext, namespace, pod }: AlertFilter): (message: StoredMessage) => boolean {
  const texts = [pod, namespace, kubeContext].flatMap((value) =>
    value === undefined ? [] : [JSON.stringify(value)],
  );
  return ({ body }) => {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    return texts.every((text) => bytes.includes(text));
  };
}

/** Whether a filter means an alert, but for what is found by subject. */
export function isWanted(
  { data, storedAt }: StoredEvent<'AlertReceived'>,
  filter: Omit<AlertFilter, 'limit'>,
): boolean {
  const { labels } = data;
  const has = (label: string, wanted: string | undefined) =>
    wanted === undefined || (Object.hasOwn(labels, label) && labels[label] === wanted);
  const { since, until, prefix } = filter;
  return (
    (prefix === undefined || hasPrefix(data, prefix.toLowerCase())) &&
    has('pod', filter.pod) &&
    has('namespace', filter.namespace) &&
    has('kube_context', filter.kubeContext) &&
    (since === undefined || millisOf(storedAt) >= millisOf(since)) &&
    (until === undefined || millisOf(storedAt) <= millisOf(until))
  );
}

function hasPrefix({ fingerprint, labels }: AlertReceivedData, small: string): boolean {
  return [own(labels, 'alertname'), own(labels, 'pod'), fingerprint].some((text) =>
    text?.toLowerCase().startsWith(small),
  );
}

/** An alert with what it has led to, where that is known. */
export function withOutcome(
  event: StoredEvent<'AlertReceived'>,
  outcome: AlertOutcome | undefined,
): StoredAlert {
  return outcome ? { event, outcome } : { event };
}
