import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** One line of a table: what was measured, beside its ceiling in the same run. */
export interface Figure {
  what: string;
  /** As it is shown, with its unit. */
  measured: string;
  /** The same of the bare parts; absent where the figure stands for itself. */
  ceiling?: string;
  /** Measured against the ceiling; for times, the ceiling's time is the 1. */
  ratio?: number;
  goal: string;
  /** Absent where there is no goal. */
  met?: boolean;
}

/** What stands above the two figures of a line. */
const beside = ['measured', 'ceiling'];

const document = new URL('../../docs/performance.md', import.meta.url);

/** The figures as a table in Markdown, which a terminal shows well enough. */
export function tableOf(figures: readonly Figure[], columns = beside): string {
  const head = ['what', ...columns, 'ratio', 'goal', ''];
  const rows = figures.map(({ what, measured, ceiling = '', ratio, goal, met }) => {
    return [what, measured, ceiling, ratio?.toFixed(2) ?? '', goal, met === undefined ? '' : met ? 'met' : 'MISSED']; // prettier-ignore
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0), 3),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Puts a benchmark's section into docs/performance.md, in the place of the one that is there. */
export function writeSection(
  name: string,
  command: string,
  figures: readonly Figure[],
  columns?: string[],
): void {
  const begin = `<!-- begin ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const text = readFileSync(document, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`docs/performance.md has no place for ${name}: ${begin} … ${end}`);
  const when = new Date().toISOString().slice(0, 10);
  const section = `${begin}\n\n${tableOf(figures, columns)}\n\n${when}, ${machine()}: \`${command}\`\n\n`;
  writeFileSync(document, text.slice(0, from) + section + text.slice(to));
}

/** The machine in a few words. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${String(Math.round(totalmem() / 2 ** 30))} GiB`;
  const [commit = ''] = execFileSync('git', ['log', '-1', '--format=%h'], { encoding: 'utf8' }).split('\n');
  return `${String(availableParallelism())} × ${model}, ${memory}, Node ${process.versions.node}, commit ${commit}`;
}

/** 12,345 */
export function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** The middle one of an odd count; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value below which that part of all values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
