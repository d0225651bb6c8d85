import { styleText } from 'node:util';
import { printable } from '../../telemetry/printable.ts';
import { cutTo, widthOf } from './width.ts';

type Colour = Parameters<typeof styleText>[0];

/** A column of a table of such items. Cells may hold whatever comes from outside. */
export interface Column<T> {
  title: string;
  /** For people, who see it now: `5m`. */
  text: (item: T) => string;
  /** The same for programs; absent: the text. */
  exact?: (item: T) => string;
  colour?: (item: T) => Colour | undefined;
  /** Least width; absent: it is never cut. */
  least?: number;
  /** Which end of a text that is too long tells more; the other is cut. */
  keep?: 'end';
}

const gap = '  ';

/**
 * Items as an aligned table of at most so many columns of a terminal: the widest columns are cut, and where that is not
 * enough the last ones are left out, and those without any text.
 */
export function tableOf<T>(items: readonly T[], all: readonly Column<T>[], width: number): string {
  const columns = all.filter(({ text }) => items.some((item) => text(item) !== ''));
  const cells = columns.map(({ title, text }) => [title, ...items.map((item) => printable(text(item)))]);
  const widths = fit(
    cells.map((column, index) => ({
      wanted: Math.max(...column.map(widthOf)),
      least: columns[index]?.least ?? Infinity,
    })),
    width,
  );
  const lineOf = (row: number) =>
    widths.map((wide, index) => {
      const { keep, colour } = columns[index] ?? {};
      const text = cutTo(cells[index]?.[row] ?? '', wide, keep);
      const item = items[row - 1];
      const style = row === 0 ? 'bold' : item && colour?.(item);
      const blank = index === widths.length - 1 ? '' : ' '.repeat(wide - widthOf(text));
      return `${style === undefined || text === '' ? text : styleText(style, text)}${blank}`;
    });
  const lines = Array.from({ length: items.length + 1 }, (_, row) => lineOf(row).join(gap));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Items as lines of texts between tabs, whole and without a title, for other programs. */
export function plainLines<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const lineOf = (item: T) => columns.map(({ text, exact = text }) => printable(exact(item))).join('\t');
  return items.map((item) => `${lineOf(item)}\n`).join('');
}

/** The widths of the columns that are shown. */
function fit(columns: { wanted: number; least: number }[], width: number): number[] {
  const leastOf = ({ wanted, least }: (typeof columns)[number]) => Math.min(wanted, least);
  const total = (widths: readonly number[]) =>
    widths.reduce((sum, each) => sum + each + gap.length, -gap.length);
  let shown = columns;
  while (shown.length > 1 && total(shown.map(leastOf)) > width) shown = shown.slice(0, -1);
  const widths = shown.map(({ wanted }) => wanted);
  for (let excess = total(widths) - width; excess > 0; excess -= 1) {
    const spare = shown.map((column, index) =>
      (widths[index] ?? 0) > leastOf(column) ? (widths[index] ?? 0) : 0,
    );
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return widths;
}
