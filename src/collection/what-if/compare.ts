import { podOf } from '../../book/pod-of-alert.ts';
import type { Pod } from '../../events/subjects.ts';
import type { Answer, PastAlert } from './past.ts';

/** What was recorded about an alert, and what would have been. */
export interface Compared {
  sequence: number;
  /** RFC 3339, of the stream. */
  storedAt: string;
  alertId: string;
  alertname?: string;
  fingerprint: string;
  /** Absent where its labels name none. */
  pod?: Pod;
  then: Answer[];
  would: Answer[];
  differs: boolean;
}

/** A summary of many: `changes` counts by what the alerts came to, then and now. */
export interface WhatIfSummary {
  alerts: number;
  differ: number;
  requested: { then: number; would: number };
  changes: { then: string; would: string; alerts: number }[];
}

export function compare({ event, answers }: PastAlert, would: Answer[]): Compared {
  const { sequence, storedAt, id, data } = event;
  const found = podOf(data.labels);
  const alertname = Object.hasOwn(data.labels, 'alertname') ? data.labels['alertname'] : undefined;
  const orNothing = (given: Answer[]) => (given.length === 0 ? [ignored] : given);
  const [then, now] = [orNothing(answers), orNothing(would)];
  return {
    ...{ sequence, storedAt, alertId: id, ...(alertname === undefined ? {} : { alertname }) },
    fingerprint: data.fingerprint,
    ...('pod' in found ? { pod: found.pod } : {}),
    ...{ then, would: now, differs: essencesOf(then) !== essencesOf(now) },
  };
}

export function summarize(all: readonly Compared[]): WhatIfSummary {
  const changes = new Map<string, WhatIfSummary['changes'][number]>();
  const count = (side: 'then' | 'would') =>
    all.flatMap((each) => each[side].filter(({ kind }) => kind === 'requested')).length;
  for (const { then, would, differs } of all) {
    if (!differs) continue;
    const change = { then: resultOf(then), would: resultOf(would) };
    const key = JSON.stringify(change);
    changes.set(key, { ...change, alerts: (changes.get(key)?.alerts ?? 0) + 1 });
  }
  return {
    alerts: all.length,
    differ: all.filter(({ differs }) => differs).length,
    requested: { then: count('then'), would: count('would') },
    changes: [...changes.values()].sort((a, b) => b.alerts - a.alerts),
  };
}

/** What an alert came to, in a word or two. */
export function nameOf(answer: Answer): string {
  switch (answer.kind) {
    case 'requested':
      return 'requested';
    case 'attached':
      return 'attached';
    case 'suppressed':
      return `suppressed (${answer.reason})`;
    case 'declined':
      return `declined (${answer.label})`;
    case 'ignored':
      return 'nothing';
  }
}

const ignored: Answer = { kind: 'ignored' };

/** What an alert came to: its last answer; of an alert about a StatefulSet, the last one of each pod. */
function last(answers: readonly Answer[]): Answer[] {
  const byPod = new Map(answers.map((answer) => [answer.pod, answer]));
  const ofPods = [...byPod.values()].filter(({ pod }) => pod !== undefined);
  return ofPods.length > 0 ? ofPods : [answers.at(-1) ?? ignored];
}

/** The same in a few words: `2 × requested, suppressed (cooldown)`. */
function resultOf(answers: readonly Answer[]): string {
  const names = last(answers).map(nameOf).sort();
  const counts = new Map(names.map((name) => [name, names.filter((each) => each === name).length]));
  return [...counts].map(([name, count]) => (count === 1 ? name : `${String(count)} × ${name}`)).join(', ');
}

function essencesOf(answers: readonly Answer[]): string {
  const essences = last(answers).map((answer) => `${answer.pod ?? ''} ${essenceOf(answer)}`);
  return essences.sort().join('\n');
}

/** Two answers with one essence are no difference: the name of the row is not what is done. */
function essenceOf(answer: Answer): string {
  if (answer.kind !== 'requested') return nameOf(answer);
  const { rule: _rule, ...plan } = answer.plan;
  const inOrder = Object.entries(plan).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(inOrder, (_key, value: unknown) => sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
