import { styleText } from 'node:util';
import { quoted } from '../../kernel/explain/words.ts';
import { planText, podName } from '../../collection/explain/words.ts';
import {
  type Compared,
  compare,
  nameOf,
  type WhatIfSummary,
  summarize,
} from '../../collection/what-if/compare.ts';
import { type Answer, createPast } from '../../collection/what-if/past.ts';
import { assumptions, simulate } from '../../collection/what-if/simulate.ts';
import { readConfigFile } from '../../config/config.ts';
import { millisOf } from '../../events/instant.ts';
import { isAfter, isBefore } from '../../events/point.ts';
import { podSubject } from '../../events/subjects.ts';
import { readRange } from '../../log/read.ts';
import { withExistingLog } from '../existing-log.ts';
import { jsonLine, printable } from '../../telemetry/printable.ts';
import { createProgress } from '../terminal/progress.ts';
import type { ReplayRange } from './entries.ts';

/** Decides the alerts of the stream by another configuration, shows those that were asked for, and writes nothing. */
export async function showWhatIf(
  file: string,
  { json, ...asked }: ReplayRange & { json?: boolean },
): Promise<void> {
  const rules = readConfigFile(file);
  const compared = await decideAgain(asked, rules);
  const summary = summarize(compared);
  for (const each of compared) process.stdout.write(json ? jsonLine(each) : textOf(each));
  const whole = { config: file, summary, assumptions };
  process.stdout.write(json ? jsonLine(whole) : summaryText(file, summary));
}

async function decideAgain(asked: ReplayRange, rules: Parameters<typeof simulate>[1]): Promise<Compared[]> {
  const { stream, from, until, pod } = asked;
  const { apply, past } = createPast();
  const progress = createProgress(process.stderr);
  let horizon = until && 'time' in until ? millisOf(until.time) : Date.now();
  await withExistingLog(async (connection) => {
    // Labels are in no subject: alerts of all pods are read.
    const range = { filter: 'aw.>', ...(until && 'sequence' in until ? { to: until.sequence } : {}) };
    for await (const message of readRange(connection, stream, range)) {
      if (until && isAfter(message, until)) break;
      if (range.to !== undefined) horizon = millisOf(message.storedAt);
      apply(message);
      progress.step('messages read');
    }
  }).finally(progress.end);
  const known = past();
  const would = simulate(known, rules, horizon);
  const prefix = pod && podSubject(pod);
  return known.alerts
    .filter(({ event }) => !from || !isBefore(event, from))
    .map((alert) => compare(alert, would.get(alert) ?? []))
    .filter((each) => prefix === undefined || (each.pod && podSubject(each.pod) === prefix));
}

function textOf({ sequence, storedAt, alertname, fingerprint, pod, then, would, differs }: Compared): string {
  const what = `${alertname ?? '(no alertname)'} ${fingerprint}${pod ? ` ${podName(pod)}` : ''}`;
  const lines = [`${styleText('dim', `#${String(sequence)} ${storedAt}`)} ${printable(what)}`];
  const was = then.map(inWords).join('; then ');
  if (!differs) lines.push(`  ${styleText('dim', `the same: ${was}`)}`);
  else {
    lines.push(
      styleText('red', `  - then  ${was}`),
      styleText('green', `  + would ${would.map(inWords).join('; then ')}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function inWords(answer: Answer): string {
  const words = wordsOf(answer);
  return answer.pod === undefined ? words : `${printable(answer.pod)} ${words}`;
}

function wordsOf(answer: Answer): string {
  switch (answer.kind) {
    case 'requested':
      return printable(`requested by row ${quoted(answer.plan.rule)}: ${planText(answer.plan)}`);
    case 'attached':
      return printable(`attached to the collection ${answer.collectionId}`);
    case 'suppressed':
      return printable(
        `${nameOf(answer)}${answer.until === undefined ? '' : `, waits until ${answer.until}`}`,
      );
    case 'declined':
      return printable(
        `${nameOf(answer)}: the label is missing or no name, or the StatefulSet has no such pods`,
      );
    case 'ignored':
      return 'nothing: no row matches, or it was not decided yet';
  }
}

function summaryText(file: string, { alerts, differ, requested, changes }: WhatIfSummary): string {
  const lines = [
    '',
    `${String(alerts)} firing alerts: ${String(alerts - differ)} the same, ${String(differ)} differ by ${printable(file)}`,
    ...changes.map(({ then, would, alerts: count }) => {
      const change = then === would ? `${then}, with another plan` : `${then} → ${would}`;
      return printable(`  ${String(count).padStart(6)}  ${change}`);
    }),
    `collections requested for them: ${String(requested.then)} then, ${String(requested.would)} by this configuration`,
    'Simulated; what is assumed:',
    ...assumptions.map((each) => `  - ${each}`),
  ];
  return `${lines.join('\n')}\n`;
}
