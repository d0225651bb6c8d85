import { expect, it } from 'vitest';
import { actionOf } from '../../src/collection/explain/actions.ts';
import { failureCodes } from '../../src/collection/failure-codes.ts';
import { parseAsked, parsePod, speaksOf } from '../../src/collection/explain/asked.ts';
import { errorText, quoted, spanOf } from '../../src/kernel/explain/words.ts';
import { parseTime } from '../../src/events/point.ts';

const now = '2026-11-20T19:10:40.000Z';

it.each([
  [-5, '0 ms'],
  [80.4, '80 ms'],
  [30_540, '30.5 s'],
  [59_970, '1 min'],
  [312_000, '5 min 12 s'],
  [3_599_600, '1 h'],
  [11_100_000, '3 h 5 min'],
  [183_600_000, '2 d 3 h'],
  [Number.NaN, 'an unknown time'],
])('%d ms are told as %s', (millis, words) => {
  expect(spanOf(millis)).toBe(words);
});

it.each([
  ['AB'.repeat(32), { kind: 'alert', alertId: 'ab'.repeat(32) }],
  ['ab'.repeat(16), { kind: 'collection', collectionId: 'ab'.repeat(16) }],
  ['5829985c3a31f9b2', { kind: 'fingerprint', fingerprint: '5829985c3a31f9b2' }],
  ['crate-data-hot-0', { kind: 'pod-name', pod: 'crate-data-hot-0', since: now }],
  ['abcdef', { kind: 'pod-name', pod: 'abcdef', since: now }],
  [
    'arn:aws:eks:1:cluster/x/ns/p',
    { kind: 'pod', kubeContext: 'arn:aws:eks:1:cluster/x', namespace: 'ns', pod: 'p', since: now },
  ],
  ['ns/p', undefined],
  ['c/n/', undefined],
  ['', undefined],
])('%j is understood', (text, asked) => {
  expect(parseAsked(text, now)).toEqual(asked);
});

it('a pod whose name looks like a fingerprint can be asked for as a pod', () => {
  expect(parsePod('5829985c3a31f9b2', now)).toMatchObject({ kind: 'pod-name' });
  expect(parseAsked('c/n/5829985c3a31f9b2', now)).toMatchObject({ kind: 'pod' });
});

it.each([
  ['90m', '2026-11-20T17:40:40.000Z'],
  ['24h', '2026-11-19T19:10:40.000Z'],
  ['7d', '2026-11-13T19:10:40.000Z'],
  ['999999d', '1970-01-01T00:00:00.000Z'],
  ['2026-11-20T18:00:00+01:00', '2026-11-20T17:00:00.000Z'],
  ['yesterday', undefined],
  ['5', undefined],
])('since %s is %s', (text, since) => {
  expect(parseTime(text, now)).toBe(since);
});

it('an alert that does not say all of its pod may speak of it, one that says another does not', () => {
  const asked = { kind: 'pod', kubeContext: 'c', namespace: 'n', pod: 'p', since: now } as const;
  const all = { kube_context: 'c', namespace: 'n', pod: 'p' };
  expect(speaksOf(all, asked)).toBe(true);
  expect(speaksOf({ pod: 'p', namespace: '' }, asked)).toBe(true);
  expect(speaksOf({ ...all, namespace: 'other' }, asked)).toBe(false);
  expect(speaksOf({ namespace: 'n' }, asked)).toBe(false);
  expect(speaksOf({ ...all, namespace: 'other' }, { kind: 'pod-name', pod: 'p', since: now })).toBe(true);
});

it('an error is told with its exit code and the last line of stderr, and nothing is endless', () => {
  const error = {
    code: 'collector-exited',
    message: 'hemako ended',
    exitCode: 2,
    stderrTail: 'a\nno such pod\n\n',
  };
  expect(errorText(error)).toBe(
    'collector-exited: hemako ended (exit code 2); stderr ends with "no such pod"',
  );
  expect(errorText({ code: 'c', message: 'm'.repeat(5_000) }).length).toBeLessThan(600);
  expect(quoted('x'.repeat(1_000)).length).toBeLessThan(210);
});

it('there is an action for every failure but a cancellation, which somebody wanted', () => {
  expect(failureCodes.filter((code) => actionOf(code) === undefined)).toEqual(['cancelled']);
  expect(actionOf('constructor')).toBeUndefined();
});
