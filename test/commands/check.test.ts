import { describe, expect, it } from 'vitest';
import { checkConfig, parseConfig } from '../../src/config/file.ts';
import { closest } from '../../src/config/warnings/closest.ts';
import { implies, matchNothing } from '../../src/kernel/implication.ts';
import { parseMatcher } from '../../src/kernel/matchers.ts';

const matchers = (texts: string[]) => texts.map(parseMatcher);

describe('what a row matches is part of what another one matches', () => {
  it.each([
    [['a="x"'], ['a="x"'], true],
    [['a="x"', 'b="y"'], ['a="x"'], true],
    [['a="x"'], ['a="x"', 'b="y"'], false],
    [['a="x"'], ['a=~"x|y"'], true],
    [['a=~"x|y"'], ['a=~"x|y|z"'], true],
    [['a=~"x|w"'], ['a=~"x|y|z"'], false],
    [['a="x"'], ['a!="y"'], true],
    [['a="x"'], ['a!~"x|y"'], false],
    [['a=~"x.*"'], ['a=~"x.*"'], true],
    // True, and not told: expressions are not understood.
    [['a=~"xy.*"'], ['a=~"x.*"'], false],
    [['a=~"x.y"'], ['a="x.y"'], false],
    // A label that an alert lacks counts as empty.
    [['a="x"'], ['b=""'], false],
    [['a="x"', 'b=""'], ['b=~"|z"'], true],
    [['a=~"x|y"', 'a!="x"'], ['a="y"'], true],
  ])('%j in %j: %j', (stronger, weaker, expected) => {
    expect(implies(matchers(stronger), matchers(weaker))).toBe(expected);
  });

  it.each([
    [['a="x"', 'a="y"'], true],
    [['a=~"x|y"', 'a!~"x|y|z"'], true],
    [['a=~"x.*"', 'a=~"y.*"'], false],
    [['a="x"', 'b="y"'], false],
  ])('%j match nothing: %j', (texts, expected) => {
    expect(matchNothing(matchers(texts))).toBe(expected);
  });
});

it.each([
  ...['severty', 'serverity', 'Severity', 'sevreity'].map((name) => [name, 'severity']),
  ...['kubeContext', 'kube-context', 'kube_contxt'].map((name) => [name, 'kube_context']),
  ...['pods', 'pdo', 'POD'].map((name) => [name, 'pod']),
  ...['alertName', 'alert_name'].map((name) => [name, 'alertname']),
  ...['severity', 'code', 'mode', 'pid', 'team', 'x', '', 'priority', 'disk'].map((name) => [
    name,
    undefined,
  ]),
])('a label %j is a slip of %j', (name = '', meant) => {
  expect(closest(name, ['kube_context', 'namespace', 'pod', 'alertname', 'severity', 'node'])).toBe(meant);
});

describe('a valid file with what is most likely a mistake', () => {
  const found = (yaml: string) =>
    checkConfig(yaml, 'aw.yaml').warnings.map(({ code, line, where }) => `${String(line)} ${code} ${where}`);

  it.each([
    ['', ['undefined empty-file the file']],
    ['# only a comment\n', ['undefined empty-file the file']],
    ['collections: []', ['1 no-rows collections']],
    [
      `collections:
  - { name: a, match: ['alertname=~"A|B"'] }
  - { name: a, match: ['alertname="A"', 'severty="x"'] }
  - { name: b, match: ['alertname="C"', 'alertname="D"'] }
  - { name: c, match: ['alertname="D"'], collector: k }
collectors: { k: { command: [x, '{label.kubeContext}'], labels: [severity] } }
sources:
  - { name: am, match: ['namespce="x"'], watchdog: { match: ['alertname="W"'], silenceSeconds: 60 } }
`,
      [
        '3 duplicate-name collections.1.name',
        '3 unreachable-row collections.1',
        '4 unreachable-row collections.2.match',
        '3 unknown-label collections.1.match.1',
        '8 unknown-label sources.0.match.0',
        '6 unknown-label collectors.k.command',
      ],
    ],
    [`collections: [{ match: ['alertname="A"'] }, { match: ['alertname=~"A.*"'] }]`, []],
  ])('%j', (yaml, expected) => {
    expect(found(yaml)).toEqual(expected);
  });

  it('each warning says what is wrong and what to do', () => {
    const [warning] = checkConfig(`collections: [{ match: ['severty="critical"'] }]`, 'aw.yaml').warnings;
    expect(warning?.message).toContain('nothing is known to send a label severty');
    expect(warning?.action).toMatch(/^did you mean severity\?/);
  });
});

it.each([
  ['endpoint: "minio:9000"', 'destination.endpoint (line 1): minio:9000 has no http:// or https:// before a host: write http://minio:9000 or https://minio:9000'],
  ['endpoint: "ftp://minio"', 'write it as https://HOST[:PORT]'],
  ['bucket: "s3://recordings/jfr"', 'destination.bucket (line 1): s3://recordings/jfr is an address: write the name of the bucket alone'],
])('an address that no upload can go to is an error: %s', (field, message) => {
  const bucket = field.startsWith('bucket') ? '' : 'bucket: b, ';
  expect(() => parseConfig(`destination: { type: s3, ${bucket}${field} }`, 'aw.yaml')).toThrow(message);
}); // prettier-ignore
