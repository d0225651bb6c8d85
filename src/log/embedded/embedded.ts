import { randomUUID } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openConnection } from '../connection.ts';
import { readDefinitions } from '../streams/definitions.ts';
import { fullDisk, rethrowFull } from './disk.ts';
import { type EmbeddedNote, readNote, removeNote, writeNote } from './note.ts';
import { LogUnavailable } from '../errors.ts';
import { launch, type LaunchOptions, serverAt, StoreHeld, urlOf } from './nats-process.ts';
import { createTryWrite, type ProbeFailure, probesOf } from '../write/probe.ts';
import { isAlive, type ProcessRef, processRef } from './process-ref.ts';
import { type Bounds, end, frozenTermMs, supervise, type Supervised, type Supervision } from './supervise.ts';

/** The nats-server that this process uses, on loopback. */
export interface EmbeddedServer {
  url: string;
  /** `started` here, `adopted` from a process that died, or `shared` with a process that lives. */
  how: 'started' | 'adopted' | 'shared';
  /** Ends the server, unless it is shared; resolves when it is gone. */
  stop: () => Promise<void>;
  /** Absent where it is shared: its owner looks after it. */
  supervisor?: Supervision;
}

export interface EmbeddedOptions extends LaunchOptions {
  dataDir: string;
  /** When a server that does not store is replaced. */
  bounds?: Partial<Bounds>;
}

const startTimeoutMs = 30_000;
const raceTimeoutMs = 2_000;

/**
 * Starts a nats-server with its store under the data directory, or uses the one that runs on it already. The server
 * itself holds an exclusive lock (flock) on the directory as long as it lives: two servers on one store
 * lose acknowledged messages. Throws LogMisconfigured where it cannot start, with the reason; LogUnavailable where its disk is full.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = folderOf(options.dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Events and recordings lie there; one that an earlier version made was open to every user of the machine.
  // Where it is another user's, it is for him to close.
  await chmod(folder, 0o700).catch(() => undefined);
  return startOrUse(folder, options).catch((error: unknown) => rethrowFull(folder, error));
}

/** The server that runs on a data directory now, or undefined. Starts nothing. */
export async function findRunning(dataDir: string): Promise<EmbeddedServer | undefined> {
  const folder = folderOf(dataDir);
  const note = await readNote(folder);
  if (!note) return undefined;
  if (await comesUp(note)) return shared(note);
  if (await isAlive(note.server)) throw new StoreHeld(folder);
  return undefined;
}

async function startOrUse(folder: string, options: EmbeddedOptions): Promise<EmbeddedServer> {
  // From the first time that it is held: to find that a server is frozen takes longer than a race.
  let deadline: number | undefined;
  for (;;) {
    const running = await useRunning(folder, options);
    if (running) return running;
    try {
      const first = await startNoted(folder, options);
      return owned('started', { folder, launched: options, first, bounds: options.bounds });
    } catch (error) {
      // Somebody starts one at the same moment and notes it as soon as it is up, or one is about to be gone.
      deadline ??= performance.now() + raceTimeoutMs;
      if (!(error instanceof StoreHeld) || performance.now() > deadline) throw error;
      await delay(25);
    }
  }
}

async function useRunning(folder: string, options: EmbeddedOptions): Promise<EmbeddedServer | undefined> {
  const note = await readNote(folder);
  if (!note) return undefined;
  const isUp = await comesUp(note);
  if (!isUp && !(await isAlive(note.server))) return undefined;
  if (await isAlive(note.owner)) {
    if (isUp) return shared(note);
    throw new StoreHeld(folder);
  }
  // Nobody looks after it: one that serves nobody would go on like that.
  const failure = isUp ? await failureOf(note.port) : { reason: 'it does not answer', isAnswered: false };
  if (failure) {
    const full = failure.isAnswered ? undefined : await fullDisk(folder);
    if (full !== undefined) throw new LogUnavailable(`the nats-server on ${folder} does not store (${failure.reason}): ${full}`); // prettier-ignore
    await end(note.server, isUp ? undefined : frozenTermMs);
    return undefined;
  }
  await writeNote(folder, { ...note, owner: await processRef(process.pid) });
  const launched = { program: options.program, port: note.port };
  return owned('adopted', { folder, launched, first: note.server, bounds: options.bounds });
}

/** Waits for it while it lives: it may still be reading its store, and not to answer yet is no reason to start a second one. */
async function comesUp({ server, name, port }: EmbeddedNote): Promise<boolean> {
  const deadline = performance.now() + startTimeoutMs;
  while ((await serverAt(port))?.name !== name) {
    if (performance.now() > deadline || !(await isAlive(server))) return false;
    await delay(25);
  }
  return true;
}

/** Why a server that answers does not store; undefined where it does, in every stream that it has. */
async function failureOf(port: number): Promise<ProbeFailure | undefined> {
  const connection = await openConnection(urlOf(port));
  try {
    const there = await connection.jsm.streams.names().next();
    const probes = probesOf(readDefinitions()).filter(({ stream }) => there.includes(stream));
    const failures = await Promise.all(probes.map((probe) => createTryWrite(connection, probe)()));
    return failures.find((each) => each !== undefined);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error), isAnswered: false };
  } finally {
    await connection.close();
  }
}

function shared({ port }: EmbeddedNote): EmbeddedServer {
  return { url: urlOf(port), how: 'shared', stop: () => Promise.resolve() };
}

function owned(
  how: EmbeddedServer['how'],
  { launched, ...rest }: Pick<Supervised, 'folder' | 'first' | 'bounds'> & { launched: LaunchOptions },
): EmbeddedServer {
  const { folder } = rest;
  const { stop, ...supervisor } = supervise({
    ...rest,
    startAgain: () => startNoted(folder, launched),
    // Before it ends: who starts meanwhile must not take it for one that runs.
    forget: () => removeNote(folder),
  });
  return { url: urlOf(launched.port), how, stop, supervisor };
}

async function startNoted(folder: string, options: LaunchOptions): Promise<ProcessRef> {
  const { port } = options;
  const name = `alert-watcher-${randomUUID()}`;
  const { server, whenUp } = await launch(folder, options, name);
  try {
    // From here on a successor finds the server, also if this process dies before it is up.
    await writeNote(folder, { server, name, port, owner: await processRef(process.pid) });
  } catch (error) {
    await end(server);
    throw error;
  }
  await whenUp(startTimeoutMs);
  return server;
}

function folderOf(dataDir: string): string {
  return join(resolve(dataDir), 'nats');
}
