import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loginOf } from '../support/nats-accounts.ts';
import { asNpmStart, freePort } from '../support/process.ts';
import { type NatsProxy, startNatsProxy } from './nats-proxy.ts';

/** A grace of 1 s, what runs then, and waiting for a nats-server that is frozen. */
const endTimeoutMs = 30_000;
/** A service that ends by itself, because NATS is away when it starts, say, is started again, as everywhere. */
const restartAfterMs = 500;
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Real processes of the service that share the work, each behind a proxy to NATS of its own (not in a cluster). */
export interface Services {
  count: number;
  url: (index: number) => string;
  proxy: (index: number) => NatsProxy | undefined;
  start: (index: number) => void;
  kill: (index: number) => Promise<void>;
  /** With SIGTERM. Throws where it does not end in time, whatever else is broken. */
  end: (index: number) => Promise<void>;
  signal: (index: number, signal: 'SIGSTOP' | 'SIGCONT') => void;
  isRunning: (index: number) => boolean;
  isReady: (index: number) => Promise<boolean>;
  /** Resident memory in bytes; 0 where it is not running. */
  pid: (index: number) => number | undefined;
  close: () => Promise<void>;
}

export interface ServicesOptions {
  directory: string;
  count: number;
  natsUrl: string;
  /** Set: each service goes through a proxy to this port. */
  proxyTo: number | undefined;
  env: (index: number) => Record<string, string>;
  /** The user of NATS that it is, of deploy/nats/accounts.conf; undefined where the server knows none. */
  user?: (index: number) => string | undefined;
}

export async function createServices({
  directory,
  count,
  natsUrl,
  proxyTo,
  env,
  user = () => undefined,
}: ServicesOptions): Promise<Services> {
  const children = new Map<number, ChildProcess>();
  const ending = new Set<number>();
  let isOpen = true;
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const proxies = proxyTo === undefined ? [] : await Promise.all(ports.map(() => startNatsProxy(proxyTo)));
  const logs: WriteStream[] = ports.map((_, index) =>
    createWriteStream(join(directory, `service-${String(index)}.log`), { flags: 'a' }),
  );
  const url = (index: number) => `http://127.0.0.1:${String(ports[index])}`;

  const start = (index: number) => {
    if (children.has(index)) return;
    const child = spawn(process.execPath, [...asNpmStart, main, 'serve'], {
      env: {
        ...process.env,
        PORT: String(ports[index]),
        DATA_DIR: join(directory, `data-${String(index)}`),
        ...natsEnv(proxies[index]?.url ?? natsUrl, user(index)),
        LOG_LEVEL: 'info',
        ...env(index),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(logs[index] ?? process.stdout, { end: false });
    child.stderr.pipe(logs[index] ?? process.stderr, { end: false });
    const again = () => {
      if (isOpen) start(index);
    };
    child.once('exit', () => {
      if (children.get(index) !== child) return;
      children.delete(index);
      if (!ending.delete(index)) setTimeout(again, restartAfterMs);
    });
    children.set(index, child);
  };
  const kill = async (index: number) => {
    const child = children.get(index);
    if (!child) return;
    children.delete(index);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  const end = async (index: number) => {
    const child = children.get(index);
    if (!child) return;
    ending.add(index);
    child.kill('SIGTERM');
    await once(child, 'exit', { signal: AbortSignal.timeout(endTimeoutMs) }).catch(() => {
      throw new Error(`service ${String(index)} did not end within ${String(endTimeoutMs)} ms of SIGTERM`);
    });
  };
  return {
    count,
    url,
    proxy: (index) => proxies[index],
    start,
    kill,
    end,
    signal: (index, signal) => void children.get(index)?.kill(signal),
    isRunning: (index) => children.has(index),
    isReady: (index) => fetch(`${url(index)}/ready`, { signal: AbortSignal.timeout(2_000) }).then(({ ok }) => ok, () => false), // prettier-ignore
    pid: (index) => children.get(index)?.pid,
    close: async () => {
      isOpen = false;
      for (const index of [...children.keys()]) await kill(index);
      await Promise.all(proxies.map((proxy) => proxy.close()));
      for (const log of logs) log.end();
    },
  };
}

function natsEnv(url: string, user: string | undefined): Record<string, string> {
  if (user === undefined) return { NATS_URL: url };
  const asUser = url.replaceAll(/\/\/([^@,]*@)?/g, `//${loginOf(user)}`);
  return { NATS_URL: asUser, ...(user === 'admin' ? {} : { NATS_INBOX_PREFIX: `_INBOX_${user}` }) };
}
