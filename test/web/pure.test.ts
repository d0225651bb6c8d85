import { describe, expect, it } from 'vitest';
import type { Chapter, Step } from '../../src/collection/explain/explanation.ts';
import { collectionStates } from '../../src/book/collection-state.ts';
import { podMachine } from '../../src/collection/pod/machine.ts';
import { stages } from '../../src/web/contract.js';
import { podEdges, stageBoxes, stageEdges, stageOf } from '../../src/web/diagram-data.js';
import { differences } from '../../src/web/diff.js';
import { collectionLink, findLink, overviewLink, placeOf, podLink } from '../../src/web/location.js';
import { newsOf } from '../../src/web/news.js';
import { emptyStore, withEvents } from '../../src/web/store.js';
import { bytes, duration, relative } from '../../src/web/time.js';
import { timelineOf } from '../../src/web/timeline.js';
import type { FeedEvent, ReplayLine } from '../../src/web/types.ts';
import { alertRef, at, story, t0 } from '../support/events.ts';

describe('the address', () => {
  it('says every place, and comes back to it', () => {
    const pod = { kubeContext: 'eu/west', namespace: 'n s', pod: '"><img src=x>' };
    expect(placeOf(new URL(podLink(pod, '6h'), 'http://x').search)).toEqual({ view: 'pod', pod, span: '6h' });
    const place = { view: 'collection', id: 'ab', at: 12 };
    expect(placeOf(new URL(collectionLink('ab', 12), 'http://x').search)).toEqual(place);
    const found = { view: 'find', asked: 'a/b?&=' };
    expect(placeOf(new URL(findLink('a/b?&='), 'http://x').search)).toEqual(found);
    const filter = { state: 'failed', pod: 'a&b=c', alertname: 'Ä "x"' };
    expect(placeOf(new URL(overviewLink(filter), 'http://x').search)).toEqual({ view: 'overview', filter });
  });

  it('that says nothing, or nonsense, is the overview', () => {
    for (const search of ['', '?of=no-slashes', '?x=y', '?collection=', '?namespace='])
      expect(placeOf(search)).toEqual({ view: 'overview', filter: {} });
    expect(overviewLink({ pod: '' })).toBe('/');
  });
});

describe('words', () => {
  it.each([
    [0, 'now'],
    [-12_000, '12 s ago'],
    [12_000, 'in 12 s'],
    [-119_000, '1 min ago'],
    [-7_200_000, '2 h ago'],
    [-200_000_000, '2 d ago'],
  ])('for a time %i ms from now are %s', (millis, text) => {
    expect(relative(1_000_000_000 + millis, 1_000_000_000)).toBe(text);
  });

  it('for durations and sizes are short', () => {
    expect([450, 12_345, 125_000, 3_840_000].map(duration)).toEqual([
      '0.4 s',
      '12 s',
      '2 min 5 s',
      '1 h 4 min',
    ]);
    expect([900, 212_536, 5_242_880, 3_221_225_472].map(bytes)).toEqual([
      '900 B',
      '208 KiB',
      '5.0 MiB',
      '3.00 GiB',
    ]);
  });
});

describe('the difference of two states', () => {
  it('names what was added, removed and changed, down to single values', () => {
    const id = 'c0ffee00'.repeat(4);
    const before = { value: 'idle', current: null, uploads: [{ collectionId: id, attempts: 1 }], at: 'x' };
    const after = { value: 'collecting', current: { run: 1, retryAt: null }, uploads: [], at: 'x' };
    expect(differences(before, after)).toEqual([
      { path: 'value', before: 'idle', after: 'collecting' },
      { path: 'current.run', after: '1' },
      { path: 'uploads.c0ffee00.collectionId', before: id },
      { path: 'uploads.c0ffee00.attempts', before: '1' },
    ]);
    const [one, two] = [
      { list: [{ collectionId: id, attempts: 1 }] },
      { list: [{ collectionId: id, attempts: 2 }] },
    ];
    expect(differences(one, two)).toEqual([{ path: 'list.c0ffee00.attempts', before: '1', after: '2' }]);
    expect(differences(after, structuredClone(after))).toEqual([]);
  });
});

describe('the diagrams', () => {
  it('show the states and the turns of the machine of the pod', () => {
    const states = podMachine.config.states as Record<string, { on: Record<string, { target?: string }> }>;
    const turns = Object.entries(states).flatMap(([from, { on }]) =>
      Object.entries(on).flatMap(([event, { target }]) =>
        target === undefined ? [] : [`${from} ${event} ${target}`],
      ),
    );
    const drawn = podEdges.flatMap(({ from, to, events }) => events.map((event) => `${from} ${event} ${to}`));
    expect(drawn.sort()).toEqual(turns.sort());
  });

  it('show every stage of a collection, and every way between them', () => {
    expect(Object.keys(stageBoxes).sort()).toEqual([...collectionStates].sort());
    const also: Record<string, string[]> = {
      CollectionFailed: ['failed', 'cancelled'],
      CollectionRedriven: ['requested', 'uploading'],
    };
    const ways = Object.entries(stages).flatMap(([from, taken]) =>
      Object.entries(taken).flatMap(([event, to]) =>
        (also[event] ?? [to]).map((each) => ({ from, to: each })),
      ),
    );
    const lines = ways.flatMap(({ from, to }) => (from === to ? [] : [`${from} ${to}`]));
    const drawn = stageEdges.map(({ from, to }) => `${from} ${to}`);
    expect(drawn.sort()).toEqual([...new Set(lines)].sort());
  });

  it('know the stage after each line of a replay, and before the first', () => {
    const one = story();
    const events = [one.requested(), one.started(), one.collected(), one.uploaded()];
    const lines = events.map((event, index) => ({
      ...event,
      sequence: index + 1,
      changed: true,
    })) as unknown as ReplayLine[];
    const seen = [0, 1, 2, 3, 4].map((count) => stageOf(one.collectionId, lines.slice(0, count)));
    expect(seen).toEqual(['', 'requested', 'collecting', 'uploading', 'uploaded']);
  });
});

describe('the time line of a pod', () => {
  const step = (kind: Step['kind'], seconds: number): Step => ({
    at: at(seconds),
    kind,
    sentence: kind,
    sequence: seconds + 1,
  });
  const chapter = (outcome: Chapter['outcome']['kind'], ...steps: Step[]): Chapter => ({
    ...{ alerts: [], moreAlerts: 0, collectionId: 'c', outcome: { kind: outcome, sentence: '' }, steps },
  });

  it('shows alerts as moments, states and attempts as stretches', () => {
    const whole = chapter(
      'uploaded',
      ...[step('received', 0), step('requested', 1), step('attempt-started', 2), step('attempt-failed', 4)],
      ...[step('attempt-started', 8), step('recorded', 40), step('uploaded', 41)],
    );
    const { lanes, from, to } = timelineOf([whole], 'latest', t0 + 999_000);
    expect(from).toBeLessThan(t0);
    expect(to).toBeLessThan(t0 + 60_000);
    const seen = lanes.map(({ name, marks }) => [
      name,
      marks.map((mark) => [mark.kind, (mark.from - t0) / 1_000, (mark.to - t0) / 1_000]),
    ]);
    expect(seen).toEqual([
      ['Alerts', [['received', 0, 0]]],
      ['State', [['requested', 1, 2], ['collecting', 2, 8], ['collecting', 8, 40], ['uploading', 40, 41], ['uploaded', 41, 41]]],
      ['Attempts', [['lost', 2, 4], ['won', 8, 40], ['won', 40, 41]]],
    ]); // prettier-ignore
  });

  it('lets what is under way go on until now', () => {
    const open = chapter('running', step('requested', 0), step('attempt-started', 1));
    const now = t0 + 20_000;
    const { lanes, to } = timelineOf([open], 'latest', now);
    expect(to).toBeGreaterThanOrEqual(now);
    expect(lanes[1]?.marks.at(-1)).toMatchObject({ kind: 'collecting', to: now });
    expect(lanes[2]?.marks).toMatchObject([{ kind: 'open', to: now }]);
  });

  it('cuts what began before the time that is shown, and leaves out what ended before it', () => {
    const now = t0 + 3_700_000;
    const old = chapter('uploaded', step('requested', 0), step('attempt-started', 5), step('recorded', 300));
    const { lanes, from } = timelineOf([old], '1h', now);
    expect(from).toBe(now - 3_600_000);
    expect(lanes[1]?.marks[0]).toMatchObject({ kind: 'collecting', from });
    expect(timelineOf([old], '1h', now + 3_600_000).lanes.flatMap(({ marks }) => marks)).toEqual([]);
  });
});

it('a screen reader is told of new states, in few words', () => {
  const one = story();
  const feed = (...events: unknown[]) =>
    events.map((event, index) => ({ ...(event as FeedEvent), sequence: index + 1 }));
  const events = feed(one.requested(), one.started(), one.attached(alertRef(2)));
  const before = withEvents(emptyStore, events.slice(0, 1));
  expect(newsOf(before, withEvents(before, events.slice(1)), events.slice(1))).toBe(
    'crate-data-hot-0: collecting',
  );
  const after = withEvents(before, events);
  expect(newsOf(after, after, events)).toBe('');
});
