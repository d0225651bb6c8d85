import { type Connection, openConnection } from './connection.ts';
import { findRunning, startEmbedded } from './embedded.ts';
import { LogUnavailable } from './errors.ts';
import { isStored } from './lost-stream.ts';
import type { NatsAuth } from './nats-auth.ts';

export interface LogOptions {
  /** Absent: the embedded server on the data directory. */
  natsUrl: string | undefined;
  natsAuth: NatsAuth;
  natsEmbeddedPort: number;
  natsServerBin: string | undefined;
  dataDir: string;
}

export interface OpenLog {
  connection: Connection;
  url: string;
  /** How the server is had: `external`, or as EmbeddedServer.how says. */
  how: 'external' | 'started' | 'adopted' | 'shared';
  /** True where a stream lies in the server's store, whether it is shown or not. Of an external server that is not known. */
  isStored: (name: string) => boolean;
  /** Closes the connection and ends the server if it is ours. */
  close: () => Promise<void>;
}

/** Connects to NATS_URL, or to the embedded server, which is started where none runs. */
export async function openLog({
  natsUrl,
  natsAuth,
  natsEmbeddedPort,
  natsServerBin,
  dataDir,
}: LogOptions): Promise<OpenLog> {
  if (natsUrl !== undefined) {
    const connection = await openConnection(natsUrl, natsAuth);
    return { connection, url: natsUrl, how: 'external', isStored: () => false, close: connection.close };
  }
  const server = await startEmbedded({ dataDir, port: natsEmbeddedPort, program: natsServerBin });
  const connection = await openConnection(server.url).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const close = async () => {
    await connection.close();
    await server.stop();
  };
  return { connection, url: server.url, how: server.how, isStored: (name) => isStored(dataDir, name), close };
}

/**
 * The same for commands that only look: beside a running service its server is used, and an embedded server is started only
 * on a data directory that has a store already.
 */
export async function openExistingLog(options: LogOptions, hasStore: boolean): Promise<OpenLog> {
  if (options.natsUrl === undefined && !hasStore && !(await findRunning(options.dataDir))) {
    throw new LogUnavailable(
      `there is no stream in ${options.dataDir} (DATA_DIR): set NATS_URL or DATA_DIR to where the service keeps it`,
    );
  }
  return openLog(options);
}
