import { LogUnavailable } from '../../log/errors.ts';
import { BoardLags } from '../fold/board.ts';

/**
 * Codes of failed attempts, as they stand in events: those that any effort may have. A feature adds its own by declaring them into
 * this interface. A code is never given a second meaning.
 */
export interface FailureCodes {
  'deadline-exceeded': true;
  interrupted: true;
  'handed-back': true;
  cancelled: true;
  unexpected: true;
}

export type FailureCode = keyof FailureCodes;

interface Details {
  exitCode?: number | undefined;
  /** The end of what the program wrote to stderr. */
  stderrTail?: string | undefined;
  /** The command line, as events may show it. */
  argv?: readonly string[] | undefined;
  cause?: unknown;
}

/** An attempt failed; the next one may succeed. */
export class AttemptFailed extends Error {
  override readonly name: string = 'AttemptFailed';
  readonly code: FailureCode;
  readonly details: Details;

  constructor(code: FailureCode, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/** An attempt failed, and so would every other: the run ends. */
export class PermanentlyFailed extends AttemptFailed {
  override readonly name = 'PermanentlyFailed';
}

/** The form of an error in events. Messages are bounded: they come from foreign programs. */
export function eventErrorOf(error: AttemptFailed) {
  const { exitCode, stderrTail, argv } = error.details;
  return {
    code: error.code,
    message: error.message.slice(0, maxMessage),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(stderrTail ? { stderrTail: stderrTail.slice(-maxMessage) } : {}),
    ...(argv ? { argv: [...argv] } : {}),
  };
}

/** What was thrown, as a failed attempt. */
export function asFailure(error: unknown): AttemptFailed {
  if (error instanceof AttemptFailed) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AttemptFailed('unexpected', message, { cause: error });
}

const maxMessage = 2_000;

/** True for what passes by itself: the log cannot be reached, or the board is behind it. The same may be done later. */
export function isPassing(error: unknown): boolean {
  return error instanceof LogUnavailable || error instanceof BoardLags;
}
