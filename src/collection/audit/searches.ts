import type { EventTypeOf } from '../../events/catalogue.ts';
import { alertIdOfDecision, decidedIdOf } from '../../events/ids.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import type { AuditHistory } from './history.ts';
import type { About, Report } from './promises.ts';
import { type Mark, markOf } from './runs.ts';

type SearchEvent = StoredEvent<EventTypeOf<'targets'>>;

interface Search {
  about: About;
  first: Mark;
  last: Mark;
  /** Absent where its beginning is not on the stream. */
  maxAttempts?: number;
  attempts: number;
  end?: { id: string; sequence: number };
}

/** A search without an end. */
export interface OpenSearch extends About {
  what: string;
  since: Mark;
}

/** Promise 7: every search for the pods of a StatefulSet ends once, after no more attempts than its plan has. */
export function createSearches(history: AuditHistory, report: Report) {
  const searches = new Map<string, Search>();
  /** What the machine ignores is no breach: promise 5. */
  const seen = new Set<string>();
  /** Ids of AlertDeclined. */
  const declined = new Set<string>();

  const begin = (event: SearchEvent, about: About): Search => {
    const mark = markOf(event);
    const search = { about, first: mark, last: mark, attempts: 0 };
    searches.set(event.data.searchId, search);
    return search;
  };

  return {
    apply: (event: SearchEvent): void => {
      const { type, id, data, sequence } = event;
      if (seen.size === seen.add(id).size) return;
      const about = { alertId: alertIdOfDecision(data.searchId) };
      const known = searches.get(data.searchId);
      if (type === 'TargetsRequested') {
        if (known)
          report(7, 'is requested after its search has begun', about, [known.first.sequence, sequence]);
        (known ?? begin(event, about)).maxAttempts = data.plan.maxAttempts;
        return;
      }
      if (!known && !history.isCut())
        report(7, `${type} of a search that was never requested`, about, [sequence]);
      const search = known ?? begin(event, about);
      if (search.end) report(7, `${type} after the search has ended`, about, [search.end.sequence, sequence]);
      if (type === 'TargetsAttemptFailed') checkAttempt(search, event, report);
      else search.end ??= { id, sequence };
      const isDeclined =
        type !== 'TargetsNotFound' || declined.has(decidedIdOf(data.searchId, 'AlertDeclined'));
      if (!isDeclined) report(7, 'its search found nothing, and it is not declined', about, [sequence]);
      search.last = markOf(event);
    },

    /** A search that finds nothing declines its alert in the same batch. */
    decline: ({ id }: StoredEvent<'AlertDeclined'>): void => void declined.add(id),

    /** The consumer gave up on the message with that sequence: nobody looks any more. */
    reject: (rejected: number): void => {
      const search = [...searches.values()].find(({ first }) => first.sequence === rejected);
      if (search) search.end ??= { id: '', sequence: rejected };
    },

    finish: (settled: boolean): OpenSearch[] =>
      [...searches.values()].flatMap(({ about, first, last, end }) => {
        if (end) return [];
        if (!settled) return [{ ...about, what: 'waits for the pods of its StatefulSet', since: first }];
        report(7, `its search has no end: its last event is ${last.type}`, about, [...new Set([first.sequence, last.sequence])]); // prettier-ignore
        return [];
      }),
  };
}

function checkAttempt(
  search: Search,
  { data: { attempt }, sequence }: StoredEvent<'TargetsAttemptFailed'>,
  report: Report,
): void {
  const { about, attempts, maxAttempts } = search;
  // Without its beginning, the first attempt that is there counts.
  if (attempt !== attempts + 1 && !(maxAttempts === undefined && attempts === 0))
    report(7, `search attempt ${String(attempt)} fails after ${attempts === 0 ? 'none' : `attempt ${String(attempts)}`}`, about, [search.last.sequence, sequence]); // prettier-ignore
  if (attempt > (maxAttempts ?? Infinity))
    report(7, `search attempt ${String(attempt)} fails, but the plan has ${String(maxAttempts)}`, about, [
      sequence,
    ]);
  search.attempts = attempt;
}
