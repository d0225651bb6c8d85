import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectionStates } from '../../src/book/collection-state.ts';
import { createPodBoard } from '../../src/collection/pod/board.ts';
import type { CollectionSummary } from '../../src/collection/pod/summary.ts';
import { eventTypes as catalogueTypes } from '../../src/events/catalogue.ts';
import type { Event } from '../../src/events/envelope.ts';
import { progressOf } from '../../src/web/data/progress.js';
import { eventTypes } from '../../src/web/data/contract.js';
import { emptyStore, listed, withEvents, withStory, withSummaries } from '../../src/web/data/store.js';
import type { FeedEvent, Item, Store } from '../../src/web/data/types.ts';
import { alertRef, at, stored, story } from '../support/events.ts';
import { validHistory } from '../support/histories.ts';

const feed = (events: readonly Event[]): FeedEvent[] =>
  events.map((event, index) => ({ ...event, sequence: index + 1 }));

/** As the API lists them. */
function summariesOf(events: readonly Event[]): CollectionSummary[] {
  return boardOf(events)
    .summaries.list({ limit: 999 })
    .items.map(({ since: _since, ...item }) => item);
}

function boardOf(events: readonly Event[]) {
  const board = createPodBoard();
  events.forEach((event, index) => board.apply(stored(event, index + 1)));
  return board;
}

const summaryOf = ({ events: _events, isWhole: _isWhole, ...summary }: Item) => summary;
const shown = (store: Store) => listed(store, {}).map(summaryOf);

describe('the store of the page', () => {
  it('hears of every event type of the catalogue', () => {
    expect([...eventTypes].sort()).toEqual([...catalogueTypes].sort());
  });

  it('comes to the same summaries as the service, whatever happens', () => {
    fc.assert(
      fc.property(validHistory, (history) => {
        expect(shown(withEvents(emptyStore, feed(history)))).toEqual(summariesOf(history));
      }),
    );
  });

  it('comes to the same from a list and the rest of the feed, told twice or too early', () => {
    fc.assert(
      fc.property(validHistory, fc.nat(), fc.nat(), (history, first, second) => {
        const events = feed(history);
        const listedAt = first % (events.length + 1);
        const feedFrom = second % (listedAt + 1);
        const early = withEvents(emptyStore, events.slice(feedFrom, listedAt));
        const withList = withSummaries(early, summariesOf(history.slice(0, listedAt)));
        const end = withEvents(withList, events.slice(feedFrom));
        expect(shown(end)).toEqual(summariesOf(history));
      }),
    );
  });

  it('is not set back by a list or a story that is older than the feed', () => {
    fc.assert(
      fc.property(validHistory, fc.nat(), (history, choice) => {
        const events = feed(history);
        const older = choice % (events.length + 1);
        const live = withEvents(emptyStore, events);
        expect(shown(withSummaries(live, summariesOf(history.slice(0, older))))).toEqual(shown(live));
        const [item] = listed(live, {});
        if (!item) return;
        const told = events
          .slice(0, older)
          .filter(({ data }) => 'collectionId' in data && data.collectionId === item.id);
        expect(withStory(live, item.id, told).items.get(item.id)).toEqual(item);
      }),
    );
  });

  it('takes no event of a collection that it does not know, and ignores what comes too late', () => {
    const one = story();
    const [requested, started, collected] = [one.requested(), one.started(), one.collected()];
    expect(withEvents(emptyStore, feed([started])).items.size).toBe(0);
    const store = withEvents(emptyStore, feed([requested, started, collected, one.started(2)]));
    expect(shown(store)).toMatchObject([{ state: 'uploading', lastSequence: 3 }]);
  });

  it('filters by what the address asks for', () => {
    const store = withEvents(emptyStore, feed([story().requested()]));
    expect(listed(store, { state: 'requested', namespace: '', pod: 'crate-data-hot-0' })).toHaveLength(1);
    expect(listed(store, { state: 'failed' })).toHaveLength(0);
    expect(listed(store, { alertname: 'Other' })).toHaveLength(0);
  });

  it('finds by a filter what the service finds by it', () => {
    const filters = fc.record(
      {
        state: fc.subarray([...collectionStates], { minLength: 1 }),
        errorCode: fc.constantFrom('collector-exited', 'other'),
        pod: fc.constantFrom('crate-data-hot-0', 'crate'),
        rule: fc.constantFrom('cratedb', 'other'),
        prefix: fc.constantFrom('CRATE', 'bfed', 'cratedbc', 'x', story().collectionId.slice(0, 5)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(validHistory, filters, (history, { state, ...filter }) => {
        const found = listed(withEvents(emptyStore, feed(history)), { ...filter, ...(state && { state: state.join(',') }) }); // prettier-ignore
        const board = boardOf(history).summaries.list({ ...filter, state, limit: 999 }).items;
        expect(found.map(({ id }) => id)).toEqual(board.map(({ id }) => id));
      }),
    );
  });

  it('calls a recording that is a sample simulated, also before its list knows', () => {
    const one = story();
    const collected = one.collected();

    collected.data.recording = { ...collected.data.recording, simulated: true };
    const history = [one.requested(), one.started(), collected, one.uploaded()];
    expect(shown(withEvents(emptyStore, feed(history)))).toMatchObject([{ simulated: true }]);
    expect(summariesOf(history)).toMatchObject([{ simulated: true }]);
  });

  it('has what the run has come to, with the beginning of its last error', () => {
    const one = story();
    const [attemptFailed, failed] = [one.attemptFailed(1, at(9)), one.failed('collect', 2)];
    attemptFailed.data.error = { code: 'timeout', message: 'x'.repeat(999) };
    const begun = [one.requested(), one.started(), attemptFailed];
    const error = { stage: 'collect', code: 'timeout', message: 'x'.repeat(200) };
    const ways = [
      { events: begun, after: { state: 'collecting', run: 1, attempts: 1 }, error },
      {
        events: [...begun, one.started(2), one.collected(2)],
        after: { state: 'uploading', attempts: 0, bytes: 212_536 },
      },
      {
        events: [...begun, one.started(2), failed, one.redriven()],
        after: { state: 'requested', run: 2, attempts: 0 },
      },
    ];
    for (const { events, after, error: last } of ways) {
      for (const item of [shown(withEvents(emptyStore, feed(events)))[0], summariesOf(events)[0]]) {
        expect(item).toMatchObject(after);
        expect(item?.error).toEqual(last);
      }
    }
  });

  it('forgets the oldest that have ended before it grows without end', () => {
    const histories = Array.from({ length: 2_100 }, (_, index) => {
      const one = story(alertRef(index + 1));
      return [one.requested(), ...(index % 2 === 0 ? [one.started(), one.failed()] : [])];
    });
    const store = withEvents(emptyStore, feed(histories.flat()));
    expect(store.items.size).toBe(1_800);
    expect(listed(store, { state: 'requested' })).toHaveLength(1_050);
  });
});

describe('the progress of a collection', () => {
  const one = story();
  const progress = (...events: Event[]) => {
    const [item] = listed(withEvents(emptyStore, feed([one.requested(), ...events])), {});
    if (!item) throw new Error('no item');
    return progressOf(item);
  };

  it('counts from the start of the attempt that runs', () => {
    expect(progress(one.started())).toMatchObject({
      attempts: 1,
      startedAt: at(2),
      plan: { durationSeconds: 30 },
    });
  });

  it('names the last error and when it goes on', () => {
    const failed = progress(one.started(), one.attemptFailed(1, at(9)));
    expect(failed).toMatchObject({ attempts: 1, lastError: { code: 'collector-exited' }, retryAt: at(9) });
    expect(failed).not.toHaveProperty('startedAt');
    expect(progress(one.started(), one.attemptFailed(1, at(9)), one.started(2))).not.toHaveProperty(
      'retryAt',
    );
  });

  it('begins its count anew for the upload, and after a redrive', () => {
    expect(progress(one.started(), one.collected())).toMatchObject({ attempts: 0, collectedAt: at(33) });
    expect(progress(one.started(), one.failed(), one.redriven())).toMatchObject({ run: 2, attempts: 0 });
  });

  it('is made whole by the story', () => {
    const events = feed([one.requested(), one.started(), one.attached(alertRef(2))]);
    const listedOnly = withSummaries(
      emptyStore,
      summariesOf([one.requested(), one.started(), one.attached(alertRef(2))]),
    );
    const item = withStory(listedOnly, one.collectionId, events).items.get(one.collectionId);
    expect(item?.isWhole).toBe(true);
    expect(item && progressOf(item)).toMatchObject({ attempts: 1, alerts: 2 });
  });
});
