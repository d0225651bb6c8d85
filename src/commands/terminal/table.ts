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
  /** It is left out unless all columns fit as they are. */
  spare?: true;
  /** Which end of a text that is too long tells more; the other is cut. */
  keep?: 'end';
}

const gap = '  ';

/** A column with its cells, and how wide it is where nothing is cut. */
interface Measured<T> {
  column: Column<T>;
  cells: string[];
  wanted: number;
}

/**
 * Items as an aligned table of at most so many columns of a terminal, without columns that hold no text: the widest are cut,
 * and where that is not enough the last ones are left out.
 */
export function tableOf<T>(items: readonly T[], columns: readonly Column<T>[], width: number): string {
  const told = columns.map((column) => measured(items, column)).filter(({ cells }) => cells.some(Boolean));
  const hasRoom = total(told.map(({ wanted }) => wanted)) <= width;
  const shown = hasRoom ? told : told.filter(({ column }) => !column.spare);
  const widths = fit(
    shown.map(({ wanted, column: { least = wanted } }) => ({ wanted, least: Math.min(wanted, least) })),
    width,
  );
  const lineOf = (partOf: (each: Measured<T>) => { text: string; style?: Colour | undefined }) => {
    const parts = widths.flatMap((wide, index) => {
      const each = shown[index];
      if (!each) return [];
      const { text, style } = partOf(each);
      const cut = cutTo(text, wide, each.column.keep);
      const blank = index === widths.length - 1 ? '' : ' '.repeat(wide - widthOf(cut));
      return `${style === undefined || cut === '' ? cut : styleText(style, cut)}${blank}`;
    });
    return `${parts.join(gap).trimEnd()}\n`;
  };
  const title = lineOf(({ column }) => ({ text: column.title, style: 'bold' }));
  const lines = items.map((item, row) =>
    lineOf(({ column, cells }) => ({ text: cells[row] ?? '', style: column.colour?.(item) })),
  );
  return `${title}${lines.join('')}`;
}

/** Items as lines of texts between tabs, whole and without a title, for other programs. */
export function plainLines<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const lineOf = (item: T) => columns.map(({ text, exact = text }) => printable(exact(item))).join('\t');
  return items.map((item) => `${lineOf(item)}\n`).join('');
}

function measured<T>(items: readonly T[], column: Column<T>): Measured<T> {
  // No terminal is as wide as some texts are long.
  const cells = items.map((item) => printable(column.text(item).slice(0, 1_000)));
  const wanted = cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), widthOf(column.title));
  return { column, cells, wanted };
}

/** The widths of the columns that are shown. */
function fit(columns: { wanted: number; least: number }[], width: number): number[] {
  let shown = columns;
  while (shown.length > 1 && total(shown.map(({ least }) => least)) > width) shown = shown.slice(0, -1);
  const widths = shown.map(({ wanted }) => wanted);
  for (let excess = total(widths) - width; excess > 0; excess -= 1) {
    // The widest of those that may be cut, so that none loses much while another has plenty.
    const spare = shown.map(({ least }, index) => {
      const now = widths[index] ?? 0;
      return now > least ? now : 0;
    });
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each + gap.length, -gap.length);
}
