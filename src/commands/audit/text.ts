import { styleText } from 'node:util';
import type { AuditResult } from '../../collection/audit/audit.ts';
import type { About, Note, Violation } from '../../collection/audit/promises.ts';
import type { Mark, OpenRun } from '../../collection/audit/runs.ts';
import type { UndecidedAlert } from '../../collection/audit/undecided.ts';
import { jsonLine, printable } from '../../telemetry/printable.ts';

/** What an audit found, and how many recordings it looked at (undefined: none, as it was told). */
export type Findings = AuditResult & { checked: number | undefined };

/** So many notes, and alerts that wait, are shown; --json has all of them. */
const shown = 50;

/** The findings for people: one line each, and a summary at the end. */
export function textOf({ violations, notes, open, waiting, counts, checked }: Findings): string {
  const lines = [
    ...some(notes.map(sentenceOf)).map((line) => `${styleText('dim', 'note')}   ${line}`),
    ...open.map((run) => `${styleText('yellow', 'open')}   ${openOf(run)}`),
    ...some(waiting.map(waitingOf)).map((line) => `${styleText('yellow', 'open')}   ${line}`),
    ...violations.map((violation) => `${styleText('red', 'broken')} ${brokenOf(violation)}`),
    summaryOf(counts, checked),
    styleText(violations.length > 0 ? 'red' : 'green', verdictOf(violations)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The findings for programs: one line of JSON. */
export function jsonOf({ recordings: _, checked, ...findings }: Findings): string {
  return jsonLine({ ...findings, recordingsChecked: checked ?? null });
}

function some(lines: string[]): string[] {
  const more = lines.length - shown;
  return more > 0 ? [...lines.slice(0, shown), `and ${String(more)} more (see --json)`] : lines;
}

function brokenOf(violation: Violation): string {
  return `${String(violation.promise)} ${violation.name}: ${sentenceOf(violation)}`;
}

function sentenceOf({ what, sequences, ...about }: Note): string {
  const subject = aboutOf(about);
  const where = sequences.map((sequence) => `#${String(sequence)}`).join(' ');
  return printable([subject && `${subject}:`, what, where].filter((part) => part !== '').join(' '));
}

function aboutOf({ alertId, collectionId, run, pod, url }: About): string {
  const parts = [
    alertId === undefined ? '' : `alert ${alertId}`,
    collectionId === undefined ? '' : `collection ${collectionId}`,
    run === undefined ? '' : `run ${String(run)}`,
    pod === undefined ? '' : `of ${pod}`,
    url === undefined ? '' : `at ${url}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function openOf({ since, last, ...about }: OpenRun): string {
  return printable(`${aboutOf(about)}: since ${markOf(since)}; last ${markOf(last)}`);
}

function waitingOf({ what, since, until, ...about }: UndecidedAlert): string {
  const end = until === undefined ? '' : ` at ${until}`;
  return printable(`${aboutOf(about)}: ${what}${end}: ${markOf(since)}`);
}

function markOf({ type, sequence, storedAt }: Mark): string {
  return `${type} #${String(sequence)} ${storedAt}`;
}

function summaryOf({ messages, alerts, collections, runs, ...counts }: AuditResult['counts'], checked = -1) {
  const { uploaded, failed, cancelled, open } = runs;
  return [
    `${count(messages, 'message')} (${count(counts.timers, 'timer')}, ${String(counts.unreadable)} no events)`,
    count(alerts, 'alert'),
    count(collections, 'collection'),
    `${count(uploaded + failed + cancelled + open, 'run')} (${String(uploaded)} uploaded, ${String(failed)} failed, ${String(cancelled)} cancelled, ${String(open)} open)`,
    checked < 0 ? 'recordings not checked' : `${count(checked, 'recording')} checked`,
  ].join(', ');
}

function verdictOf(violations: Violation[]): string {
  return violations.length === 0 ? 'no promise is broken' : count(violations.length, 'violation');
}

function count(number: number, what: string): string {
  return `${String(number)} ${what}${number === 1 ? '' : 's'}`;
}
