import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Chapter, Step } from '../../src/collection/explain/explanation.ts';
import { collectionStates } from '../../src/book/collection-state.ts';
import { podMachine } from '../../src/collection/pod/machine.ts';
import { stages } from '../../src/web/data/contract.js';
import { podEdges, stageBoxes, stageEdges, stageOf } from '../../src/web/recordings/diagram-data.js';
import { differences } from '../../src/web/recordings/diff.js';
import {
  movedTo,
  placeOf,
  podLink,
  recordingLink,
  recordingsLink,
  searchLink,
} from '../../src/web/frame/places.js';
import { changesOf, createNews, newsOf } from '../../src/web/data/news.js';
import { slotsAfter } from '../../src/web/now/slots.js';
import { emptyStore, withEvents } from '../../src/web/data/store.js';
import { bytes, duration, relative } from '../../src/web/parts/time.js';
import { timelineOf } from '../../src/web/pods/timeline.js';
import { statusOf } from '../../src/web/data/status.js';
import { labelsOf } from '../../src/web/settings/labels.js';
import type { FeedEvent, Health, ReplayLine } from '../../src/web/data/types.ts';
import { alertRef, at, story, t0 } from '../support/events.ts';

const placeAt = (href: string) => placeOf(new URL(href, 'http://x'));

describe('the address', () => {
  it('says every place, and comes back to it', () => {
    const pod = { kubeContext: 'eu/west', namespace: 'n s', pod: '"><img src=x>' };
    expect(placeAt(podLink(pod, '6h'))).toEqual({ view: 'pod', params: pod, query: { span: '6h' } });
    expect(placeAt(recordingLink('a/b', 12))).toEqual({ view: 'recording', params: { id: 'a/b' }, query: { at: '12' } }); // prettier-ignore
    expect(placeAt(searchLink('a/b?&='))).toEqual({ view: 'search', params: {}, query: { q: 'a/b?&=' } });
    const filter = { state: 'failed,cancelled', pod: 'a&b=c', alertname: 'Ä "x"' };
    expect(placeAt(recordingsLink({ ...filter, namespace: '' }))).toEqual({ view: 'recordings', params: {}, query: filter }); // prettier-ignore
  });

  it('that is none of the page says so, and one of its views may end with a slash', () => {
    for (const href of ['/nothing', '/pods/a/b', '/pods/a/b/c/d', '/recordings//', '/alerts/%E0%A4%A'])
      expect(placeAt(href).view, href).toBe('missing');
    expect(placeAt('/alerts/').view).toBe('alerts');
  });

  it.each([
    ['/?collection=ab&at=12', '/recordings/ab?at=12'],
    ['/?of=eu/west/shop/a-0&span=6h', '/pods/eu%2Fwest/shop/a-0?span=6h'],
    ['/?find=a/b%3F', '/search?q=a%2Fb%3F'],
    ['/?state=failed&namespace=shop&x=y', '/recordings?state=failed&namespace=shop'],
    ['/#/alerts', '/alerts'],
    ['/', undefined],
    ['/?x=y', undefined],
    ['/?collection=', undefined],
    ['/recordings?state=failed', undefined],
  ])('%s leads to %s', (old, today) => {
    expect(movedTo(new URL(old, 'http://x'))).toBe(today);
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

  it('has a mark for each of the steps that are told as one', () => {
    const storm = step('attached', 5);
    const folded = { ...storm, count: 3, steps: [storm, step('attached', 6), step('attached', 7)] };
    const { lanes } = timelineOf([chapter('running', step('requested', 0), folded)], '1h', t0 + 60_000);
    expect(lanes[0]?.marks.filter(({ kind }) => kind === 'attached')).toHaveLength(3);
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
  const after = withEvents(before, events);
  const [change, ...others] = changesOf(before, after, events);
  expect(others).toEqual([]);
  expect(newsOf(change ? [change] : [])).toBe('crate-data-hot-0: collecting');
  expect(changesOf(after, after, events)).toEqual([]);
});

it('a storm is told in one sentence at a time, not more often than each 5 s', () => {
  vi.useFakeTimers();
  const said: string[] = [];
  const news = createNews((text) => said.push(text));
  const first = story().requested();
  for (let index = 0; index < 30; index += 1) {
    const events = [{ ...first, data: { ...first.data, collectionId: String(index) }, sequence: 1 }];
    news.tell(emptyStore, withEvents(emptyStore, events), events);
  }
  vi.advanceTimersByTime(20_000);
  vi.useRealTimers();
  expect(said).toEqual(['crate-data-hot-0: requested', '29 requested']);
});

describe('the places of what is being recorded', () => {
  const item = (id: string, firstSequence: number) => ({ id, firstSequence });

  it('are kept until a recording ends, and then taken by the one that waits longest', () => {
    const [a, b, c, d] = [item('a', 1), item('b', 2), item('c', 3), item('d', 4)];
    expect(slotsAfter([], [d, c, b, a], 2)).toEqual([a, b]);
    expect(slotsAfter(['a', 'b'], [d, c, b], 2)).toEqual([c, b]);
    expect(slotsAfter(['c', 'b'], [c], 2)).toEqual([c, undefined]);
  });

  it('never move, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 12 })), { maxLength: 20 }), (rounds) => {
        let before: (string | undefined)[] = [];
        for (const round of rounds) {
          const active = [...new Set(round)].map((each) => item(String(each), each));
          const after = slotsAfter(before, active, 4).map((slot) => slot?.id);
          for (const [place, id] of before.entries()) {
            if (id !== undefined && round.includes(Number(id))) expect(after[place]).toBe(id);
          }
          expect(after.filter((id) => id !== undefined)).toHaveLength(Math.min(4, active.length));
          before = after;
        }
      }),
    );
  });
});

describe('how the service is', () => {
  const health = (status: Health['status'], checks = {}) => ({
    feed: 'live' as const,
    health: { status, checks },
  });

  it('is one word, and bad where what is shown may be old', () => {
    expect(statusOf(health('ready'))).toMatchObject({ kind: 'good', word: 'live' });
    expect(statusOf({ ...health('ready'), feed: 'reconnecting' })).toMatchObject({
      kind: 'idle',
      word: 'polling',
    });
    expect(statusOf(health('unknown'))).toMatchObject({ kind: 'idle', word: 'connecting' });
    expect(statusOf(health('unreachable'))).toMatchObject({ kind: 'bad', word: 'disconnected' });
    const frozen = statusOf(health('not-ready', { stream: 'NATS is not connected', board: 'ok' }));
    expect(frozen).toMatchObject({ kind: 'bad', word: 'not ready' });
    expect(frozen.sentence).toContain('stream: NATS is not connected');
    expect(frozen.sentence).not.toContain('board');
  });
});

it.each([
  ['alertname=Down\npod=a-0', { alertname: 'Down', pod: 'a-0' }],
  ['alertname: "Down", \n  namespace = shop ', { alertname: 'Down', namespace: 'shop' }],
  ['nothing\n\n=x', {}],
])('labels may be typed as %j', (text, labels) => {
  expect(labelsOf(text)).toEqual(labels);
});
