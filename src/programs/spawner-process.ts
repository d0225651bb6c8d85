// The process that starts the collectors' programs. It imports next to nothing: what it holds in memory is what a fork costs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endGroup } from './process-group.ts';

/** Start a program, or end one with its whole group. */
export type SpawnerRequest = ({ id: number } & ProgramStart) | { id: number; end: true };

export interface ProgramStart {
  argv: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>> | undefined;
  /** A file that stdout is appended to, whole and as it is; ProgramResult has nothing of it then. */
  stdoutTo?: string | undefined;
}

/** A program was started, or ended. */
export type SpawnerReply = { id: number; pid: number } | { id: number; result: ProgramResult };

export interface ProgramResult {
  /** Null where a signal ended it. Absent where it could not be started. */
  exitCode?: number | null;
  signal?: NodeJS.Signals | null;
  /** Why it could not be started. */
  error?: { code: string; message: string };
  /** The ends of what it wrote. */
  stdout: string;
  stderr: string;
}

/** What is kept of each output; more is read and forgotten, so that the program never blocks on a full pipe. */
const keptBytes = 64 * 1024;
/** For what is still in the pipes when the group is gone: a process that left the group may hold them open for ever. */
const drainMs = 1_000;

/** How each running program is ended. */
const running = new Map<number, () => void>();

// The service decides when programs end: it closes the channel, or dies, which closes it too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('message', (request: SpawnerRequest) => {
  if ('end' in request) running.get(request.id)?.();
  else if (process.connected) void serve(request.id, request);
});
// With the last program this process ends, too: nothing else keeps it.
process.once('disconnect', () => running.forEach((end) => end()));

async function serve(id: number, start: ProgramStart): Promise<void> {
  const result = await run(id, start).catch(notStarted);
  running.delete(id);
  reply({ id, result });
}

async function run(id: number, { argv, cwd, env, stdoutTo }: ProgramStart): Promise<ProgramResult> {
  const [program = '', ...args] = argv;
  const file = stdoutTo === undefined ? undefined : openOutput(stdoutTo);
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
    detached: true,
  });
  if (file !== undefined) closeSync(file);
  const stdout = keepEnd(child.stdout);
  const stderr = keepEnd(child.stderr);
  const { pid } = child;
  if (pid !== undefined) {
    running.set(id, () => void endGroup(pid));
    reply({ id, pid });
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // Children that stay would hold the pipes open, and with them the end of the program.
  if (pid !== undefined) await endGroup(pid);
  await Promise.race([closed, delay(drainMs, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { exitCode, signal, stdout: stdout(), stderr: stderr() };
}

/** Its code would be taken for that of the program. */
function openOutput(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (cause) {
    throw new Error(`its output cannot be written: ${String(cause)}`, { cause });
  }
}

function keepEnd(stream: Readable | null): () => string {
  let kept = Buffer.alloc(0);
  stream?.on('data', (part: Buffer) => {
    kept = Buffer.concat([kept, part]).subarray(-keptBytes);
  });
  stream?.on('error', () => undefined);
  return () => kept.toString('utf8');
}

function notStarted(error: unknown): ProgramResult {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return { error: { code, message }, stdout: '', stderr: '' };
}

/** Nobody is told where the service is gone. */
function reply(message: SpawnerReply): void {
  process.send?.(message, () => undefined);
}
