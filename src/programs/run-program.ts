import { AttemptFailed, PermanentlyFailed } from '../kernel/react/failures.ts';
import { programFailure } from './find-program.ts';
import type { ProgramResult } from './spawner-process.ts';
import type { Spawner } from './spawner.ts';

/** The ends of what a program wrote, 64 KiB each. */
export interface ProgramOutput {
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  cwd: string;
  /** Besides what every program gets of the environment of the service. */
  env?: Readonly<Record<string, string>> | undefined;
  /** A file that stdout is appended to, whole and as it is; the output has nothing of it then. */
  stdoutTo?: string | undefined;
  signal: AbortSignal;
}

/**
 * Runs a program without a shell, in its own process group. When the signal is aborted the whole group gets TERM,
 * and KILL 5 s later; children that a finished program left behind are ended too. Throws AttemptFailed with the exit code
 * and the end of stderr.
 */
export async function runProgram(
  spawner: Spawner,
  argv: readonly string[],
  options: ProgramOptions,
): Promise<ProgramOutput> {
  const { signal } = options;
  failIfAborted(signal);
  const result = await spawner.run(argv, options).catch((error: unknown) => {
    failIfAborted(signal);
    throw error;
  });
  const { stdout, stderr } = result;
  failIfAborted(signal, stderr);
  if (result.exitCode !== 0) throw failureOf(argv[0] ?? '', result);
  return { stdout, stderr };
}

function failureOf(program: string, { exitCode, signal, error, stderr }: ProgramResult): AttemptFailed {
  if (error?.code === 'ENOENT' || error?.code === 'ENOTDIR')
    return programFailure(program, 'collector-not-found');
  if (error?.code === 'EACCES') return programFailure(program, 'collector-not-executable');
  if (error) {
    return new AttemptFailed('collector-exited', `${program} could not be started: ${error.message}`);
  }
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${String(exitCode)}`;
  const details = { exitCode: exitCode ?? undefined, stderrTail: stderr };
  return new AttemptFailed('collector-exited', `${program} ${how}`, details);
}

function failIfAborted(signal: AbortSignal, stderrTail?: string): void {
  if (signal.aborted) throw abortFailure(signal, stderrTail);
}

/** Why an aborted attempt ended: the reason of the abort, where it is a failure itself. */
export function abortFailure(signal: AbortSignal, stderrTail = ''): AttemptFailed {
  const reason: unknown = signal.reason;
  if (reason instanceof PermanentlyFailed) return reason;
  if (reason instanceof AttemptFailed) return new AttemptFailed(reason.code, reason.message, { stderrTail });
  return new AttemptFailed('interrupted', 'the attempt was interrupted', { stderrTail });
}
