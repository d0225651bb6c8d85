import { execa } from 'execa';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AttemptFailed, PermanentlyFailed } from '../failures.ts';

/** The ends of what a program wrote. */
export interface ProgramOutput {
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  cwd: string;
  signal: AbortSignal;
}

/** What is kept of each output; more is read and forgotten, so that the program never blocks on a full pipe. */
const keptBytes = 64 * 1024;
const killAfterMs = 5_000;

/**
 * Runs a program without a shell, in its own process group. When the signal is aborted the whole group gets TERM,
 * and KILL 5 s later; children that a finished program left behind are ended too. Throws AttemptFailed with the exit code
 * and the end of stderr.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramOutput> {
  const [program = '', ...args] = argv;
  const child = execa(program, args, {
    cwd: options.cwd,
    stdin: 'ignore',
    buffer: false,
    detached: true,
    // A killed service must not take its collectors' exit for a reason to wait.
    cleanup: false,
    reject: false,
  });
  const { pid } = child;
  const stdout = keepEnd(child.stdout);
  const stderr = keepEnd(child.stderr);
  const end = () => {
    void endGroup(pid);
  };
  options.signal.addEventListener('abort', end, { once: true });
  // Children that stay would hold the pipes open, and with them the end of the program.
  child.once('exit', end);
  if (options.signal.aborted) end();
  try {
    const result = await child;
    if (result.failed || options.signal.aborted) throw failureOf(program, result, options.signal, stderr());
    return { stdout: stdout(), stderr: stderr() };
  } finally {
    options.signal.removeEventListener('abort', end);
    await endGroup(pid);
  }
}

interface Result {
  exitCode?: number | undefined;
  signal?: string | undefined;
  code?: string | undefined;
  originalMessage?: string | undefined;
}

function failureOf(program: string, result: Result, signal: AbortSignal, stderrTail: string): AttemptFailed {
  const { exitCode } = result;
  if (signal.aborted) return abortFailure(signal, stderrTail);
  if (result.code === 'ENOENT') {
    return new AttemptFailed('collector-not-found', `there is no program ${program} on this machine's PATH`);
  }
  if (result.code === 'EACCES') {
    return new AttemptFailed('collector-not-executable', `${program} may not be executed`);
  }
  const how =
    exitCode === undefined
      ? `was ended by ${result.signal ?? 'an error'}`
      : `ended with exit code ${String(exitCode)}`;
  return new AttemptFailed('collector-exited', `${program} ${how}`, { exitCode, stderrTail });
}

/** Why an aborted attempt ended: the reason of the abort, where it is a failure itself. */
export function abortFailure(signal: AbortSignal, stderrTail = ''): AttemptFailed {
  const reason: unknown = signal.reason;
  if (reason instanceof PermanentlyFailed) return reason;
  if (reason instanceof AttemptFailed) return new AttemptFailed(reason.code, reason.message, { stderrTail });
  return new AttemptFailed('interrupted', 'the attempt was interrupted', { stderrTail });
}

function keepEnd(stream: Readable | null): () => string {
  let kept = Buffer.alloc(0);
  stream?.on('data', (part: Buffer) => {
    kept = Buffer.concat([kept, part]).subarray(-keptBytes);
  });
  stream?.on('error', () => undefined);
  return () => kept.toString('utf8');
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  const deadline = performance.now() + killAfterMs;
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    await delay(20);
  }
}

/** False where the group has no process any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
