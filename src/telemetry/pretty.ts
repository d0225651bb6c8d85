import type { DestinationStream } from 'pino';
import pretty from 'pino-pretty';
import { printable } from './printable.ts';

/** What follows an alert through the programs, or is long and says nothing to a person. JSON has it. */
const hidden = new Set(['level', 'time', 'msg', 'trace_id', 'fingerprint', 'sha256']);

/**
 * Lines for people: time, level, message, then `field=value`. What senders chose is made printable, so that each stays one line.
 * `colour` is for a terminal only.
 */
export function prettyLines(output: DestinationStream, colour: boolean): DestinationStream {
  const format = pretty.prettyFactory({
    colorize: colour,
    // The object is in the message, one line also where there is an error in it.
    hideObject: true,
    singleLine: true,
    translateTime: 'yyyy-mm-dd HH:MM:ss.l o',
    messageFormat: (log, _messageKey, _levelLabel, { colors }) => {
      const fields = Object.entries(log).filter(([name]) => !hidden.has(name));
      const texts = fields.map(([name, value]) => `${colors.gray(`${name}=`)}${textOf(value)}`);
      const { msg } = log;
      return [...(typeof msg === 'string' ? [printable(msg)] : []), ...texts].join(' ');
    },
  });
  return { write: (line) => output.write(`${format(line).trimEnd()}\n`) };
}

/** A value without space or quotes as it is, anything else as JSON. Of an error, what it says. */
function textOf(value: unknown): string {
  if (isError(value)) return printable(JSON.stringify(`${value.type}: ${value.message}`));
  if (typeof value === 'string' && /^[^\s"\\=]+$/.test(value)) return printable(value);
  return printable(JSON.stringify(value));
}

function isError(value: unknown): value is { type: string; message: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && 'type' in value && 'message' in value; // prettier-ignore
}
