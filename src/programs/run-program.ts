import { AttemptFailed, PermanentlyFailed } from '../kernel/react/failures.ts';
import { programFailure } from './find-program.ts';
import { shownArgv } from './shown-argv.ts';
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
  /** The command line as events may show it; absent: secrets are masked as in `shownArgv`. */
  shown?: readonly string[] | undefined;
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
  const { signal, shown } = options;
  failIfAborted(signal);
  const line = () => shown ?? shownArgv(argv);
  const result = await spawner.run(argv, options).catch((error: unknown) => {
    failIfAborted(signal, { argv: line() });
    throw error;
  });
  const { stdout, stderr } = result;
  failIfAborted(signal, { stderrTail: stderr, argv: line() });
  if (result.exitCode !== 0) throw failureOf(line(), result);
  return { stdout, stderr };
}

function failureOf(argv: readonly string[], { exitCode, signal, error, stderr }: ProgramResult) {
  const [program = ''] = argv;
  if (error?.code === 'ENOENT' || error?.code === 'ENOTDIR')
    return programFailure(program, 'collector-not-found', { argv });
  if (error?.code === 'EACCES') return programFailure(program, 'collector-not-executable', { argv });
  if (error)
    return new AttemptFailed('collector-exited', `${program} could not be started: ${error.message}`, { argv }); // prettier-ignore
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${String(exitCode)}`;
  const details = { exitCode: exitCode ?? undefined, stderrTail: stderr, argv };
  return new AttemptFailed('collector-exited', `${program} ${how}`, details);
}

function failIfAborted(signal: AbortSignal, details?: AttemptFailed['details']): void {
  if (signal.aborted) throw abortFailure(signal, details);
}

/** Why an aborted attempt ended: the reason of the abort, where it is a failure itself. */
export function abortFailure(signal: AbortSignal, details: AttemptFailed['details'] = {}): AttemptFailed {
  const reason: unknown = signal.reason;
  if (reason instanceof PermanentlyFailed) return reason;
  if (reason instanceof AttemptFailed) return new AttemptFailed(reason.code, reason.message, details);
  return new AttemptFailed('interrupted', 'the attempt was interrupted', details);
}
