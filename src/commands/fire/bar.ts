import type { WriteStream } from 'node:tty';
import { printable } from '../../telemetry/printable.ts';

/** How far something is. On a terminal a bar that is rewritten; elsewhere a line now and then. */
export interface Bar {
  show: (label: string, done: number, of: number) => void;
  /** A line of its own, above the bar. */
  say: (text: string) => void;
  end: () => void;
}

const width = 24;
const eraseLine = '\r\u001b[K';
const everyMs = 5_000;

export function createBar(terminal: Pick<WriteStream, 'isTTY' | 'write' | 'columns'>): Bar {
  let shown = '';
  let saidAt = 0;
  let said = '';
  const erase = () => terminal.isTTY && shown !== '' && terminal.write(eraseLine);
  return {
    show: (label, done, of) => {
      const counts = `${label} ${String(done)} of ${String(of)}`;
      if (terminal.isTTY) {
        const full = of === 0 ? width : Math.round((width * done) / of);
        erase();
        // A line that wraps could not be rewritten; some terminals say that they have 0 columns.
        shown = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${counts}`.slice(
          0,
          (terminal.columns || 80) - 1,
        );
        terminal.write(shown);
        return;
      }
      const now = performance.now();
      const isDue = done === of || now - saidAt >= everyMs;
      if (!isDue || counts === said) return;
      [saidAt, said] = [now, counts];
      terminal.write(`${counts}\n`);
    },
    say: (text) => {
      erase();
      terminal.write(`${printable(text)}\n${terminal.isTTY ? shown : ''}`);
    },
    end: () => {
      erase();
      shown = '';
    },
  };
}
