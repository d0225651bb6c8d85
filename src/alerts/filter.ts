import type { AlertReceivedData } from '../events/data/alert.ts';
import type { StoredEvent, StoredMessage } from '../events/envelope.ts';
import { millisOf, timeOf } from '../events/instant.ts';
import { own } from '../events/own.ts';
import type { Source } from '../log/read.ts';
import { firstSequenceSince } from '../log/since.ts';
import type { OutcomeKind } from './kinds.ts';

/** Which alerts are meant: those that have all of this. */
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
  /** It has come to one of these; then it is a firing one. */
  outcome?: readonly OutcomeKind[] | undefined;
  limit: number;
  /** Only what was stored before this sequence: `next` of the page before. */
  before?: number | undefined;
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
export function mentions({ kubeContext, namespace, pod }: AlertFilter): (message: StoredMessage) => boolean {
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
