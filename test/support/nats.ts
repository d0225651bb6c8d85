import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { testedServer } from './nats-server.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { until } from './until.ts';

/** A real nats-server of a test file. Each test asks for an account of its own: a fresh server, as far as it can see. */
export interface TestNats {
  /** `nats://user:password@127.0.0.1:port` of an account that nobody has used. */
  freshUrl: () => string;
  /** A connection to a fresh account; closed when the file is through. */
  connect: () => Promise<Connection>;
  /** The same, with the streams, consumers and buckets of `streams/` in it. */
  connectWithStreams: () => Promise<Connection>;
}

const accounts = 60;

/** Starts a nats-server before the tests of this file and ends it after them. */
export function useNats(): TestNats {
  let server: NatsProcess | undefined;
  let next = 0;
  const connections: Connection[] = [];

  beforeAll(async () => {
    server = await startNats(manyAccounts());
  });
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await server?.stop();
  });

  const freshUrl = () => {
    next += 1;
    if (next > accounts) throw new Error('more tests in one file than there are accounts');
    return `nats://u${String(next)}:secret@127.0.0.1:${String(server?.port ?? 0)}`;
  };
  const connect = async () => {
    const connection = await openConnection(freshUrl());
    connections.push(connection);
    return connection;
  };
  const connectWithStreams = async () => {
    const connection = await connect();
    await ensureStreams(connection, readDefinitions(), 1);
    return connection;
  };
  return { freshUrl, connect, connectWithStreams };
}

/** A nats-server of a test's own. */
export interface NatsProcess {
  port: number;
  /** What it has logged. */
  log: () => Promise<string>;
  /** SIGSTOP: it answers nothing and keeps its connections, until SIGCONT. */
  signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  stop: () => Promise<void>;
}

/** Starts a nats-server on a port of its own, with JetStream and these lines of configuration besides. */
export async function startNats(lines: readonly string[], program?: string): Promise<NatsProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-nats-'));
  const config = join(directory, 'nats.conf');
  await writeFile(config, [...common(directory), ...lines].join('\n'));
  const child = spawn(program ?? (await testedServer()), ['-c', config], { stdio: 'ignore' });
  const port = await until('the port of nats-server', () => portOf(directory));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  };
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return { port, log: () => readFile(join(directory, 'nats.log'), 'utf8'), signal, stop };
}

function manyAccounts(): string[] {
  const each = Array.from({ length: accounts }, (_, index) => {
    const name = String(index + 1);
    return `  A${name}: { jetstream: enabled, users: [{ user: u${name}, password: secret }] }`;
  });
  return ['accounts {', ...each, '}'];
}

function common(directory: string): string[] {
  return [
    'host: 127.0.0.1',
    'port: -1',
    'max_payload: 8MB',
    `ports_file_dir: ${JSON.stringify(directory)}`,
    `log_file: ${JSON.stringify(join(directory, 'nats.log'))}`,
    `jetstream { store_dir: ${JSON.stringify(join(directory, 'store'))} }`,
  ];
}

async function portOf(directory: string): Promise<number | undefined> {
  const name = (await readdir(directory)).find((file) => file.endsWith('.ports'));
  if (name === undefined) return undefined;
  const text = await readFile(join(directory, name), 'utf8');
  const port = /"(?:nats|tls):\/\/[^"]*:(\d+)"/.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}
