import type { WriteStream } from 'node:tty';

/** One line of a terminal that says how far the work is; elsewhere nothing. */
export interface ProgressLine {
  step: (what: string) => void;
  /** Clears the line. */
  end: () => void;
}

const shownEveryMs = 100;

export function createProgress(terminal: Pick<WriteStream, 'isTTY' | 'write'>): ProgressLine {
  const counts = new Map<string, number>();
  let shownAt = 0;
  return {
    step: (what) => {
      const count = (counts.get(what) ?? 0) + 1;
      counts.set(what, count);
      const now = performance.now();
      if (!terminal.isTTY || now - shownAt < shownEveryMs) return;
      shownAt = now;
      terminal.write(`\r\u001b[K${String(count)} ${what}`);
    },
    end: () => {
      if (terminal.isTTY) terminal.write('\r\u001b[K');
    },
  };
}
