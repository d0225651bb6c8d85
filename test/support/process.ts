import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { isAlive, processRef } from '../../src/log/embedded/process-ref.ts';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The flags of `npm start`: with a small young generation, which one thread collects, the buffers of recordings are freed early. */
export const asNpmStart = ['--max-semi-space-size=4', '--no-parallel-scavenge'];

/** The real program in a process of its own. */
export interface ServiceProcess {
  child: ChildProcess;
  /** Its log lines so far. */
  lines: () => Record<string, unknown>[];
  /** Waits for a log line; its fields. */
  logged: (
    what: string,
    test: (line: Record<string, unknown>) => boolean,
    timeoutMs?: number,
  ) => Promise<Record<string, unknown>>;
  /** `http://…`, once it is ready. */
  url: () => Promise<string>;
  /** Sends a signal and waits for the end; the exit code, or null. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
}

/** Starts `alert-watcher serve` processes and ends them after each test. */
export function useProcesses() {
  const started: ServiceProcess[] = [];
  afterEach(async () => {
    for (const each of started.splice(0)) await each.end('SIGTERM');
  });
  return (env: Record<string, string>): ServiceProcess => {
    const service = serve(env);
    started.push(service);
    return service;
  };
}

/** Starts `alert-watcher serve`; whoever calls it ends it. */
export function serve(env: Record<string, string>): ServiceProcess {
  const child = spawn(process.execPath, [...asNpmStart, main, 'serve'], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (part: Buffer) => {
    output += part.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const lines = () => output.split('\n').flatMap(parseLine);
  const logged: ServiceProcess['logged'] = (what, test, timeoutMs = 20_000) =>
    until(
      what,
      () => {
        const line = lines().find(test);
        if (!line && child.exitCode !== null) throw new Error(`the service ended before ${what}:\n${output}`);
        return line;
      },
      timeoutMs,
    );
  return {
    child,
    lines,
    logged,
    url: async () =>
      String((await logged('the service to be ready', (line) => 'url' in line && 'roles' in line))['url']),
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
}

function parseLine(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}

/**
 * A port of loopback that nobody listens on now. Below the range that the kernel gives to outgoing connections: one of those
 * would take it as soon as the server on it is killed.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + randomInt(20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(() => true, () => false); // prettier-ignore
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** True when none of these processes runs any more; init may take its time to reap a zombie. */
export async function areGone(pids: readonly number[]): Promise<boolean> {
  const alive = await Promise.all(pids.map(async (pid) => isAlive(await processRef(pid))));
  return !alive.includes(true);
}

/** True while a process with this pid exists, a zombie too. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
