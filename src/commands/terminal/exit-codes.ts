import { CommanderError } from 'commander';
import { ConfigError } from '../../config/fault.ts';
import {
  isNotFound,
  LogMisconfigured,
  LogUnavailable,
  NatsSettingWrong,
  NotPermitted,
  toLogError,
} from '../../log/errors.ts';

/** What a command ends with: the same for the same thing in every command. docs/commands.md has the table for people. */
export const exitCodes = {
  done: 0,
  /** It was done, and what was asked about is wrong or failed. */
  failed: 1,
  /** The command line, the environment or a file that it names is wrong. */
  wrongUse: 2,
  /** NATS or the service cannot be reached, or is not ready. */
  unavailable: 3,
  /** What the command line names is not there. */
  notFound: 4,
  /** A token or user is missing, or may not do this. */
  notAllowed: 5,
  /** A fault of this program (EX_SOFTWARE of sysexits.h). */
  bug: 70,
} as const;

/** The same in a few lines, for `--help`. */
export const exitCodesText = `Exit codes:
  0    done
  1    done, and what was asked about is wrong or failed
  2    the command line, the environment or a file that it names is wrong
  3    NATS or the service cannot be reached, or is not ready
  4    what the command line names is not there
  5    a token or user is missing, or may not do this
  70   a fault of this program
  130  interrupted (128 and the number of the signal)`;

/** Ends a command with one line on stderr and the exit code for it. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed';
  readonly how: keyof typeof exitCodes;

  constructor(how: keyof typeof exitCodes, message: string, options?: ErrorOptions) {
    super(message, options);
    this.how = how;
  }
}

/** What a look-up of a stream that the command line names threw, as an error to tell. */
export function streamError(error: unknown, doing: string): Error {
  const known = toLogError(error, doing);
  return isNotFound(error) ? new CommandFailed('notFound', known.message, { cause: error }) : known;
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
  if (error instanceof CommandFailed) return exitCodes[error.how];
  if (error instanceof ConfigError || error instanceof NatsSettingWrong) return exitCodes.wrongUse;
  if (error instanceof NotPermitted) return exitCodes.notAllowed;
  if (error instanceof LogUnavailable || error instanceof LogMisconfigured) return exitCodes.unavailable;
  return exitCodes.bug;
}

/** For a command that is asked whether a configuration is right: that it is wrong is what it found. */
export function asFinding<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailed('failed', error.message, { cause: error });
  }
}
