import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AttemptFailed } from '../kernel/react/failures.ts';
import { commonEnvironment } from './environment.ts';
import { endGroup, killAfterMs } from './process-group.ts';
import type { ProgramOptions } from './run-program.ts';
import type { ProgramResult, SpawnerReply, SpawnerRequest } from './spawner-process.ts';

/**
 * Starts programs from a small process of its own. A fork copies the page tables of the process that forks, about 4 ms for
 * each 100 MB, and nothing else runs meanwhile: the service is large, the spawner is not. It also outlives a service
 * that is killed, for as long as it takes to end its programs.
 */
export interface Spawner {
  /** Starts its process now, so that the first program does not wait for it. */
  start: () => void;
  /**
   * Runs a program to its end, and ends it when the signal is aborted. Throws AttemptFailed (`interrupted`) where the
   * spawner died; the next program gets a new one.
   */
  run: (argv: readonly string[], options: ProgramOptions) => Promise<ProgramResult>;
  /** Ends its process, and what it still runs. */
  close: () => Promise<void>;
}

interface Running {
  pid?: number;
  resolve: (result: ProgramResult) => void;
  reject: (error: AttemptFailed) => void;
}

const main = fileURLToPath(new URL('spawner-main.js', import.meta.url));

/** A spawner that was told to end a program, and has not said by `hangsAfterMs` that it did, is killed. */
export function createSpawner(hangsAfterMs = killAfterMs + 10_000): Spawner {
  let current: ReturnType<typeof launch> | undefined;
  const get = () => {
    const spawner = (current ??= launch(hangsAfterMs, () => {
      if (current === spawner) current = undefined;
    }));
    return spawner;
  };
  return {
    start: () => void get(),
    run: (argv, options) => get().run(argv, options),
    close: async () => current?.close(),
  };
}

/** One process of it. Calls back as soon as it takes no more programs. */
function launch(hangsAfterMs: number, onGone: () => void) {
  const child = spawn(process.execPath, ['--max-semi-space-size=1', main], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: commonEnvironment(process.env),
    // Ctrl-C in a terminal reaches only us: what runs has its grace.
    detached: true,
  });
  const running = new Map<number, Running>();
  let lastId = 0;
  /** The spawner keeps the service from exiting only while a program runs. */
  const holdOn = () => (running.size > 0 ? child.channel?.ref() : child.channel?.unref());
  child.unref();
  holdOn();
  child.once('exit', onGone);
  child.once('disconnect', onGone);
  child.on('message', (reply: SpawnerReply) => {
    const program = running.get(reply.id);
    if ('pid' in reply) {
      if (program) program.pid = reply.pid;
      return;
    }
    running.delete(reply.id);
    holdOn();
    program?.resolve(reply.result);
  });
  const ended = endOf(child).then((how) => {
    onGone();
    failAll(running, new AttemptFailed('interrupted', `the process that starts collectors ${how}`));
  });

  // Where it can't be sent, the spawner is gone, and its end is about to be told.
  const send = (request: SpawnerRequest) => void child.send(request, () => undefined);
  const killWhereItHangs = () => setTimeout(() => child.kill('SIGKILL'), hangsAfterMs);

  const run = async (
    argv: readonly string[],
    { cwd, env, stdoutTo, signal }: ProgramOptions,
  ): Promise<ProgramResult> => {
    const id = ++lastId;
    let timer: NodeJS.Timeout | undefined;
    const end = () => {
      send({ id, end: true });
      timer = killWhereItHangs();
    };
    const result = new Promise<ProgramResult>((resolve, reject) => running.set(id, { resolve, reject }));
    holdOn();
    send({ id, argv, cwd, env, stdoutTo });
    signal.addEventListener('abort', end, { once: true });
    return result.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    });
  };

  const close = async () => {
    onGone();
    if (!child.connected) return;
    const timer = killWhereItHangs();
    child.disconnect();
    await ended;
    clearTimeout(timer);
  };
  return { run, close };
}

/** How the process ended, once there is nothing more to read from it. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve(`could not be started: ${message}`));
    child.once('exit', (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${String(code)}`;
      if (child.connected) child.once('disconnect', () => resolve(how));
      else resolve(how);
    });
  });
}

/** Ends the programs that the spawner can't end any more. */
function failAll(running: Map<number, Running>, error: AttemptFailed): void {
  for (const { pid, reject } of running.values()) {
    if (pid === undefined) reject(error);
    else void endGroup(pid).then(() => reject(error));
  }
  running.clear();
}
