import { type Connection, openConnection } from './connection.ts';
import { type EmbeddedServer, findRunning, startEmbedded } from './embedded/embedded.ts';
import { LogUnavailable } from './errors.ts';
import { isStored } from './streams/lost-stream.ts';
import type { NatsAuth } from './nats-auth.ts';
import type { Supervision } from './embedded/supervise.ts';

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
  how: 'external' | EmbeddedServer['how'];
  /** Present where the server is ours to look after. */
  supervisor?: Supervision;
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
  const { url, how, supervisor } = server;
  const common = { connection, url, how, isStored: (name: string) => isStored(dataDir, name), close };
  return supervisor ? { ...common, supervisor } : common;
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
