import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { exitCodes } from './exit-codes.ts';

/** Someone wants a command to end before its end. */
export interface Interruption {
  signal: AbortSignal;
  /** What happened and the exit code for it; undefined while nobody has interrupted. */
  ended: () => { message: string; exitCode: number } | undefined;
}

/**
 * Listens for signals, and for a reader that goes away (`| head`), which has seen enough: that is no failure. Only the first
 * one counts: what is under way after it is the cleaning up, which has its own bounds.
 */
export function listenForInterruption(output: Writable): Interruption {
  const controller = new AbortController();
  let ended: ReturnType<Interruption['ended']>;
  const end = (message: string, exitCode: number) => {
    ended ??= { message, exitCode };
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => end(`stopped by ${name}`, 128 + constants.signals[name]));
  }
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (isReaderGone(error)) end('nobody reads the output any more', exitCodes.done);
    else end(`the output cannot be written: ${error.message}`, exitCodes.failed);
  });
  return { signal: controller.signal, ended: () => ended };
}

/** True for what a write says of a pipe that nobody reads from. */
export function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
