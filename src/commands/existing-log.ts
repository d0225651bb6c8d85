import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config/config.ts';
import type { Connection } from '../log/connection.ts';
import { openExistingLog, type OpenLog } from '../log/open.ts';

/** Runs a command that looks at an existing stream, and closes the connection afterwards, whatever happens. */
export async function withExistingLog<T>(
  use: (connection: Connection, log: OpenLog) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  const log = await openExistingLog(config, existsSync(join(config.dataDir, 'nats', 'store')));
  try {
    return await use(log.connection, log);
  } finally {
    await log.close();
  }
}
