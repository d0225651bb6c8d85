import type { AlertOutcome } from '../book/outcome.ts';
import { decodeEvent, isEvent, type StoredEvent, type StoredMessage } from '../events/envelope.ts';
import { encodeToken } from '../events/subjects.ts';
import { readBackwards } from '../log/backwards.ts';
import type { Source } from '../log/read.ts';
import { type AlertFilter, isWanted, mentions, rangeOf } from './filter.ts';
import { kindOf, type MatchesRow, type OutcomeKind } from './kinds.ts';
import { readOutcomes } from './outcomes.ts';

/** An alert as it was stored, and what it has led to. */
export interface StoredAlert {
  event: StoredEvent<'AlertReceived'>;
  outcome?: AlertOutcome;
}

export interface AlertPage {
  items: StoredAlert[];
  /** Present where there may be more. A page that took too long is shorter than its limit, or empty, and has it. */
  next?: number;
}

type Received = StoredEvent<'AlertReceived'>;

/** A page is answered after so long, with what was found by then. */
const patienceMs = 2_000;

/** Outcomes are looked up for so many alerts at once. */
const lookedUpAtOnce = 200;

/** Reads a page of alerts from the stream, newest first. `matchesRow` is asked for `outcome`. Throws LogUnavailable. */
export async function readAlertPage(
  source: Source,
  filter: AlertFilter,
  matchesRow: MatchesRow,
): Promise<AlertPage> {
  const { items, next } = await search(source, filter, matchesRow);
  const outcomes = await readOutcomes(source, items);
  const alerts = items.map((event) => withOutcome(event, outcomes.get(event.id)));
  return next === undefined ? { items: alerts } : { items: alerts, next };
}

async function search(source: Source, filter: AlertFilter, matchesRow: MatchesRow) {
  const { limit, outcome } = filter;
  const items: Received[] = [];
  const range = await rangeOf(source, filter);
  if (!range) return { items };
  const deadline = performance.now() + patienceMs;
  const { connection, stream } = source;
  const backwards = { ...range, filter: subjectFor(filter), mayBe: mentions(filter) };
  for await (const { messages, downTo } of readBackwards(connection, stream, backwards)) {
    const wanted = receivedIn(messages).filter((event) => isWanted(event, filter));
    for (const part of inParts(wanted, outcome ? lookedUpAtOnce : wanted.length)) {
      for (const event of outcome ? await ofKinds(source, part, outcome, matchesRow) : part) {
        if (items.length === limit) return { items, next: items.at(-1)?.sequence };
        items.push(event);
      }
      if (outcome && performance.now() > deadline) return { items, next: part.at(-1)?.sequence };
    }
    if (downTo > range.from && (items.length >= limit || performance.now() > deadline)) {
      return { items, next: items.length >= limit ? items.at(-1)?.sequence : downTo };
    }
  }
  return { items };
}

function subjectFor({ alertname, fingerprint, status, outcome }: AlertFilter): string {
  const tokens = [alertname, fingerprint, undefined, status ?? (outcome && 'firing')];
  return `aw.alert.${tokens.map((each) => (each === undefined ? '*' : encodeToken(each))).join('.')}.AlertReceived`;
}

function receivedIn(messages: readonly StoredMessage[]): Received[] {
  return messages.flatMap((message) => {
    const event = decodeEvent(message);
    return isEvent(event) && event.type === 'AlertReceived' ? [event] : [];
  });
}

function* inParts<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

async function ofKinds(
  source: Source,
  alerts: readonly Received[],
  kinds: readonly OutcomeKind[],
  matchesRow: MatchesRow,
): Promise<Received[]> {
  const firing = alerts.filter(({ data }) => data.status === 'firing');
  const outcomes = await readOutcomes(source, firing);
  return firing.filter(({ id, data }) => kinds.includes(kindOf(data, outcomes.get(id), matchesRow)));
}

/** An alert with what it has led to, where that is known. */
export function withOutcome(
  event: StoredEvent<'AlertReceived'>,
  outcome: AlertOutcome | undefined,
): StoredAlert {
  return outcome ? { event, outcome } : { event };
}
