import { describe, expect, it } from 'vitest';
import { MatcherSyntaxError, parseMatcher } from '../src/kernel/matchers.ts';

const matches = (matcher: string, labels: Record<string, string>) => parseMatcher(matcher).matches(labels);

describe('a matcher', () => {
  it.each([
    ['alertname="A"', { alertname: 'A' }, true],
    ['alertname=A', { alertname: 'A' }, true],
    [' alertname = "A" ', { alertname: 'A' }, true],
    ['alertname!="A"', { alertname: 'B' }, true],
    ['alertname=~"A|B"', { alertname: 'B' }, true],
    ['alertname=~"A|B"', { alertname: 'AB' }, false],
    ['alertname=~"A.*"', { alertname: 'A\nB' }, false],
    ['alertname!~"A|B"', { alertname: 'C' }, true],
    ['team=""', {}, true],
    ['team!=""', {}, false],
    ['team=~".*"', {}, true],
    ['"größe"="XL"', { größe: 'XL' }, true],
    ['app.kubernetes.io/name="crate"', { 'app.kubernetes.io/name': 'crate' }, true],
    ['summary="a \\"b\\" \\\\ c\\nd"', { summary: 'a "b" \\ c\nd' }, true],
    ['constructor=""', {}, true],
  ] as const)('%s on %j is %s', (matcher, labels, expected) => {
    expect(matches(matcher, labels as Record<string, string>)).toBe(expected);
  });

  it.each([
    '',
    'alertname',
    'alertname==A',
    'alertname=~"("',
    'a="b',
    'a=b c',
    '="x"',
    'a="\\x"',
    'a=~"(?=x)"',
  ])('refuses %j and says why', (matcher) => {
    expect(() => parseMatcher(matcher)).toThrow(MatcherSyntaxError);
  });

  it('takes linear time on a label made to stall a backtracking engine', () => {
    expect(matches('x=~"(a+)+b"', { x: 'a'.repeat(50_000) })).toBe(false);
  });
});
