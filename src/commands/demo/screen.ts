import { styleText } from 'node:util';
import type { WriteStream } from 'node:tty';
import { printable } from '../../telemetry/printable.ts';

/** What the demo shows. Every text may come from outside: it is made safe here. */
export interface Screen {
  title: (text: string) => void;
  line: (text: string) => void;
  warn: (text: string) => void;
  /** One event: when, what, and a sentence about it. */
  event: (afterSeconds: number, type: string, sentence: string) => void;
  /** How far something is: rewritten in place on a terminal, a line of its own elsewhere. */
  progress: (text: string) => void;
  endProgress: () => void;
}

/** Some terminals say that they have 0. */
const assumedColumns = 80;
const eraseLine = '\r\u001b[2K';
const typeWidth = 'CollectionAttemptStarted'.length;

export function createScreen(output: WriteStream): Screen {
  let progress = '';
  const write = (line: string) => {
    output.write(`${progress && eraseLine}${line}\n${progress}`);
  };
  const endProgress = () => {
    if (progress) output.write(eraseLine);
    progress = '';
  };
  return {
    title: (text) => write(`\n${styleText('bold', printable(text))}`),
    line: (text) => write(`  ${printable(text)}`),
    warn: (text) => write(`  ${styleText(['bold', 'yellow'], printable(text))}`),
    event: (afterSeconds, type, sentence) => {
      const time = `${afterSeconds.toFixed(2)} s`.padStart(8);
      const name = styleText('cyan', printable(type).padEnd(typeWidth));
      write(`${styleText('dim', time)}  ${name}  ${printable(sentence)}`);
    },
    progress: (text) => {
      const indented = `          ${printable(text)}`;
      if (!output.isTTY) {
        write(indented);
        return;
      }
      endProgress();
      // A line that wraps could not be rewritten.
      progress = styleText('dim', indented.slice(0, (output.columns || assumedColumns) - 1));
      output.write(progress);
    },
    endProgress,
  };
}
