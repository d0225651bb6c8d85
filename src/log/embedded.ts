import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openConnection } from './connection.ts';
import { hasLogged, launch, type LaunchOptions, StoreHeld, urlOf } from './nats-process.ts';
import { isAlive, type ProcessRef, processRef } from './process-ref.ts';

/** The nats-server that this process uses, on loopback. */
export interface EmbeddedServer {
  url: string;
  /** `started` here, `adopted` from a process that died, or `shared` with a process that lives. */
  how: 'started' | 'adopted' | 'shared';
  /** Ends the server, unless it is shared; resolves when it is gone. */
  stop: () => Promise<void>;
}

export interface EmbeddedOptions extends LaunchOptions {
  dataDir: string;
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
const raceTimeoutMs = 2_000;
const watchEveryMs = 500;

/**
 * Starts a nats-server with its store under the data directory, or uses the one that runs on it already. The server
 * itself holds an exclusive lock (flock) on the directory as long as it lives: two servers on one store
 * lose acknowledged messages. Throws LogMisconfigured where it cannot start, with the reason.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = join(resolve(options.dataDir), 'nats');
  await mkdir(folder, { recursive: true });
  const deadline = performance.now() + raceTimeoutMs;
  for (;;) {
    const running = await useRunning(folder, options.program);
    if (running) return running;
    try {
      return await start(folder, options);
    } catch (error) {
      // Somebody starts one at the same moment and notes it as soon as it is up, or one is about to be gone.
      if (!(error instanceof StoreHeld) || performance.now() > deadline) throw error;
      await delay(25);
    }
  }
}

/** The server that runs on a data directory now, or undefined. Starts nothing. */
export async function findRunning(dataDir: string): Promise<EmbeddedServer | undefined> {
  return useRunning(join(resolve(dataDir), 'nats'), undefined, false);
}

async function useRunning(
  folder: string,
  program: string | undefined,
  adopt = true,
): Promise<EmbeddedServer | undefined> {
  const note = await readNote(folder);
  if (!note) return undefined;
  const url = urlOf(note.port);
  const deadline = performance.now() + startTimeoutMs;
  // It may still be reading its store: alive and not answering is no reason to start a second one.
  while (!(await answers(folder, url, note))) {
    if (!(await isAlive(note.server))) return undefined;
    if (performance.now() > deadline) throw new StoreHeld(folder);
    await delay(25);
  }
  if (!adopt || (await isAlive(note.owner))) return { url, how: 'shared', stop: () => Promise.resolve() };
  await writeNote(folder, { ...note, owner: await processRef(process.pid) });
  return { url, how: 'adopted', stop: supervise(folder, { program, port: note.port }, note.server) };
}

/** False where the wait was aborted. */
function elapsed(millis: number, signal: AbortSignal): Promise<boolean> {
  return delay(millis, true, { signal, ref: false }).catch(() => false);
}

async function answers(folder: string, url: string, note: Note): Promise<boolean> {
  const connection = await openConnection(url).catch(() => undefined);
  await connection?.close();
  if (!connection) return false;
  const { id } = connection.server;
  return note.serverId === undefined ? hasLogged(folder, id) : note.serverId === id;
}

async function start(folder: string, options: LaunchOptions): Promise<EmbeddedServer> {
  const server = await startNoted(folder, options);
  return { url: urlOf(options.port), how: 'started', stop: supervise(folder, options, server) };
}

async function startNoted(folder: string, options: LaunchOptions): Promise<ProcessRef> {
  const launched = await launch(folder, options);
  const note: Note = { server: launched.server, port: options.port, owner: await processRef(process.pid) };
  // From here on a successor finds the server, also if this process dies before it is up.
  await writeNote(folder, note);
  const serverId = await launched.whenUp(startTimeoutMs);
  await writeNote(folder, { ...note, serverId });
  return note.server;
}

/** Starts the server again should it end by itself; the clients reconnect. The function that it gives ends both. */
function supervise(folder: string, options: LaunchOptions, first: ProcessRef): () => Promise<void> {
  const stopping = new AbortController();
  let server = first;
  const watch = async () => {
    while (await elapsed(watchEveryMs, stopping.signal)) {
      if (await isAlive(server)) continue;
      // Tried again at the next look where it does not come up.
      server = await startNoted(folder, options).catch(() => server);
    }
  };
  const watching = watch();
  return async () => {
    stopping.abort();
    await watching;
    await end(folder, server);
  };
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
