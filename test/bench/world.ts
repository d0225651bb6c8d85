import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { type NatsServers, startNatsServers } from '../faults/nats-servers.ts';
import { asNpmStart, freePort } from '../support/process.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** What a benchmark runs in: a directory, a real nats-server with our streams, and processes that end with it. */
export interface BenchWorld {
  directory: string;
  nats: NatsServers;
  /** Starts a program of Node's and waits until it answers on its port; what it prints goes to a file. */
  start: (name: string, argv: readonly string[], env: Record<string, string>) => Promise<Started>;
  /** Starts `alert-watcher serve` as `npm start` does. */
  serve: (name: string, env?: Record<string, string>) => Promise<Started>;
  close: () => Promise<void>;
}

export interface Started {
  url: string;
  child: ChildProcess;
  /** With SIGTERM, so that a profile is written. */
  stop: () => Promise<void>;
}

export interface BenchOptions {
  /** The nats-server's sync_interval: `2m` is its default. */
  syncInterval?: 'always' | '2m';
  /** Where V8 writes a CPU profile of each process that is started. */
  profileTo?: string | undefined;
}

export async function createBenchWorld({
  syncInterval = '2m',
  profileTo,
}: BenchOptions): Promise<BenchWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'alert-watcher-bench-'));
  const nats = await startNatsServers(directory, 1, { syncInterval });
  const connection = await openConnection(nats.url);
  await ensureStreams(connection, readDefinitions(), 1);
  await connection.close();
  const running: Started[] = [];

  const start: BenchWorld['start'] = async (name, argv, env) => {
    const port = await freePort();
    const output = openSync(join(directory, `${name}.log`), 'a');
    const profiling = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`, `--cpu-prof-name=${name}.cpuprofile`]; // prettier-ignore
    const child = spawn(process.execPath, [...asNpmStart, ...profiling, ...argv], {
      env: {
        ...process.env,
        PORT: String(port),
        NATS_URL: nats.url,
        DATA_DIR: join(directory, name),
        ...env,
      },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const url = `http://127.0.0.1:${String(port)}`;
    const stop = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    };
    const started = { url, child, stop };
    running.push(started);
    await until(
      `${name} to be ready`,
      () => {
        if (child.exitCode !== null) throw new Error(`${name} ended: see ${join(directory, `${name}.log`)}`);
        return fetch(`${url}/ready`).then(({ ok }) => ok, () => false); // prettier-ignore
      },
      300_000,
    );
    return started;
  };

  return {
    directory,
    nats,
    start,
    serve: (name, env = {}) => start(name, [main, 'serve'], env),
    close: async () => {
      for (const { stop } of running) await stop();
      await nats.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A world and a connection to its nats-server; both end with the stack. */
export async function openBenchWorld(
  ends: AsyncDisposableStack,
  options: BenchOptions,
): Promise<BenchWorld & { connection: Connection }> {
  const world = ends.adopt(await createBenchWorld(options), ({ close }) => close());
  const connection = ends.adopt(await openConnection(world.nats.url), ({ close }) => close());
  return { ...world, connection };
}
