import { alertIdIn, type AlertOutcome, decisionIn, decisionTypesElsewhere, isDecisionMessage, outcomeAfter } from '../book/outcome.ts'; // prettier-ignore
import { filterOf } from '../events/catalogue.ts';
import { decodeEvent, isEvent, type StoredMessage } from '../events/envelope.ts';
import { readBackwards } from '../log/backwards.ts';
import { lastSequenceUnder, readRange, type Source } from '../log/read.ts';
import { type AlertFilter, isWanted, rangeOf } from './filter.ts';
import { type AlertGroup, createGrouping } from './groups.ts';
import type { MatchesRow } from './kinds.ts';

export interface AlertGroups {
  items: AlertGroup[];
  /** Present where there was no time for all: alerts before this sequence are not in it. */
  downTo?: number;
  /** Sequence of the stream up to which this is right. */
  asOf: number;
}

/** No other window is begun after so long: the answer is there after 2 s. */
const patienceMs = 1_700;
/** All of them are read, and the time is looked at after each window. */
const wantedInWindow = 10_000;
/** Decisions follow their alerts within moments: of those behind the last alert so many are read. */
const maxBehind = 3_000;

const decisions = [...decisionTypesElsewhere, 'AlertDeclined' as const].map((type) => filterOf(type));
const filters = [filterOf('AlertReceived'), ...decisions];

/**
 * Reads the alerts of a time from the stream, newest first, with what was decided about them on the way: a decision lies
 * behind its alert. Throws LogUnavailable.
 */
export async function readGroups(
  { connection, stream }: Source,
  filter: Pick<AlertFilter, 'since' | 'until' | 'prefix'>,
  matchesRow: MatchesRow,
  patience = patienceMs,
): Promise<AlertGroups> {
  const deadline = performance.now() + patience;
  const grouping = createGrouping(matchesRow);
  const asOf = await lastSequenceUnder(connection, stream, filters);
  const range = await rangeOf({ connection, stream }, filter);
  if (!range) return { items: [], asOf };
  const decided = new Map<string, StoredMessage[]>();
  const note = (message: StoredMessage) => {
    const id = alertIdIn(message);
    decided.set(id, [...(decided.get(id) ?? []), message]);
  };
  if (range.to < asOf) {
    const behind: StoredMessage[] = [];
    const after = { filter: decisions, from: range.to + 1, max: maxBehind };
    for await (const message of readRange(connection, stream, after)) behind.push(message);
    behind.reverse().forEach(note);
  }
  const backwards = { wantedInWindow, from: range.from, to: Math.min(range.to, asOf), filter: filters };
  for await (const { messages, downTo } of readBackwards(connection, stream, backwards)) {
    for (const message of messages) {
      if (isDecisionMessage(message)) note(message);
      else {
        const event = decodeEvent(message);
        if (!isEvent(event) || event.type !== 'AlertReceived' || !isWanted(event, filter)) continue;
        grouping.add(event, event.data.status === 'firing' ? outcomeOf(decided.get(event.id)) : undefined);
        decided.delete(event.id);
      }
    }
    if (downTo > range.from && performance.now() > deadline)
      return { items: grouping.groups(), downTo, asOf };
  }
  return { items: grouping.groups(), asOf };
}

/** Of the messages about an alert, newest first. */
function outcomeOf(messages: readonly StoredMessage[] = []): AlertOutcome | undefined {
  const inOrder = messages.toReversed().flatMap((message) => decisionIn(message) ?? []);
  return inOrder.reduce<AlertOutcome | undefined>(outcomeAfter, undefined);
}
