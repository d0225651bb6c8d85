import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { startNatsServers } from '../faults/nats-servers.ts';
import { until } from './until.ts';

/** One nats-server on a store, in whose place another program can be started, on the same store and port. */
export interface NatsOnStore {
  url: string;
  /** A connection that outlives the change of programs. */
  connection: Connection;
  /** Ends the server in order and starts a program in its place. */
  change: (program: string) => Promise<void>;
}

/** Starts a program on a new store; both are gone when the test is. Call it before what uses it is started. */
export async function startOnStore(program: string): Promise<NatsOnStore> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-watcher-store-'));
  const servers = await startNatsServers(directory, 1, { program });
  const connection = await openConnection(servers.url);
  onTestFinished(async () => {
    await connection.close();
    await servers.close();
    await rm(directory, { recursive: true, force: true });
  });
  const change = async (next: string) => {
    await servers.stop(0);
    await servers.start(0, next);
    await servers.whenUp();
    await until('the connection to be back', connection.isConnected);
  };
  return { url: servers.url, connection, change };
}
