import { eventTypes, type EventTypeOf, isOfFamily } from '../../events/catalogue.ts';
import type { EventError } from '../../events/data/error.ts';
import type { TargetsRequestedData } from '../../events/data/targets.ts';
import type { Event, StoredEvent } from '../../events/envelope.ts';
import { own } from '../../events/own.ts';
import { type StatefulSet, statefulSetSubject } from '../../events/subjects.ts';
import type { Aggregate } from '../../kernel/fold/aggregate.ts';

export type TargetsEvent = Event<EventTypeOf<'targets'>>;

/** True for what is folded into the searches of a StatefulSet. */
export function isSearchEvent(event: StoredEvent): event is StoredEvent<EventTypeOf<'targets'>> {
  return isOfFamily(event.type, 'targets');
}

/** A search that has not ended. */
export interface Search extends Pick<TargetsRequestedData, 'searchId' | 'trigger' | 'plan' | 'since'> {
  attempts: number;
  lastError?: EventError;
  /** The next attempt is not before this. */
  retryAt?: string;
  /** True: the last attempt failed and there will be no other; TargetsNotFound follows. */
  exhausted: boolean;
}

/** The searches for the pods of one StatefulSet. */
export interface Searches {
  open: Record<string, Search>;
  /** Ids of the last ones that ended: one that is told again changes nothing. */
  ended: string[];
}

const rememberedSearches = 100;
const initial: Searches = { open: {}, ended: [] };

/** A StatefulSet: the searches for its pods. */
export const targetsAggregate: Aggregate<StatefulSet, TargetsEvent, Searches, Searches> = {
  name: 'targets',
  family: 'aw.targets',
  keyTokens: 3,
  subject: statefulSetSubject,
  types: eventTypes.filter((type) => isOfFamily(type, 'targets')),
  initial,
  evolve: (state, event) => {
    const next = evolve(state, event);
    return { state: next ?? state, effects: next && event.type === 'TargetsRequested' ? ['find'] : [] };
  },
  isResting: ({ open }) => Object.keys(open).length === 0,
  pack: (state) => state,
  unpack: (packed) => packed,
  sources: [new URL(import.meta.url)],
};

/** Undefined: the event does not fit, and is ignored. */
function evolve({ open, ended }: Searches, { type, data }: TargetsEvent): Searches | undefined {
  const { searchId } = data;
  const search = own(open, searchId);
  if (type === 'TargetsRequested') {
    if (search || ended.includes(searchId)) return undefined;
    const { trigger, plan, since } = data;
    const begun: Search = { searchId, trigger, plan, since, attempts: 0, exhausted: false };
    return { open: { ...open, [searchId]: begun }, ended };
  }
  if (!search) return undefined;
  if (type === 'TargetsAttemptFailed') {
    const { attempt, error, retryAt } = data;
    if (attempt !== search.attempts + 1) return undefined;
    const { retryAt: _past, ...rest } = search;
    const failed = { ...rest, attempts: attempt, lastError: error, exhausted: retryAt === undefined };
    return { open: { ...open, [searchId]: retryAt === undefined ? failed : { ...failed, retryAt } }, ended };
  }
  const { [searchId]: _ended, ...others } = open;
  return { open: others, ended: [...ended, searchId].slice(-rememberedSearches) };
}
