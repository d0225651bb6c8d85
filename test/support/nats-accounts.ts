import { readFileSync } from 'node:fs';
import { roles } from '../../src/config/config.ts';
import { type Connection, openConnection } from '../../src/log/connection.ts';
import { readDefinitions } from '../../src/log/streams/definitions.ts';
import type { NatsAuth } from '../../src/log/nats-auth.ts';
import { ensureStreams } from '../../src/log/streams/streams.ts';
import { startNats } from './nats.ts';

/** `deploy/nats/accounts.conf`, as it is. */
export const accountsConf = readFileSync(new URL('../../deploy/nats/accounts.conf', import.meta.url), 'utf8');
/** The users of that file. */
export const users = ['admin', ...roles, 'workers', 'all'] as const;
export type User = (typeof users)[number];
/** Those of processes that take requests from outside. */
export const edgeUsers: readonly string[] = ['ingest', 'api'];

/** A nats-server with the accounts of the file, or of a changed one, and the streams made by its admin. */
export interface NatsWithAccounts {
  urlOf: (user: string) => string;
  authOf: (user: string) => NatsAuth;
  /** A connection of that user, which is closed with the server. */
  as: (user: string) => Promise<Connection>;
  log: () => Promise<string>;
  stop: () => Promise<void>;
}

/** Of nats-server's configuration: the accounts, and passwords for all users. */
export function accountLines(conf = accountsConf): string[] {
  return [...users.map((user) => `${user.toUpperCase()}_PASSWORD: pw-${user}`), `accounts { ${conf} }`];
}

/** What stands before the host in the URL of a user. */
export function loginOf(user: string): string {
  return `${user}:pw-${user}@`;
}

export async function startWithAccounts(conf = accountsConf): Promise<NatsWithAccounts> {
  const nats = await startNats(accountLines(conf));
  const connections = new Map<string, Promise<Connection>>();
  const urlOf = (user: string) => `nats://${loginOf(user)}127.0.0.1:${String(nats.port)}`;
  const authOf = (user: string) => (user === 'admin' ? {} : { inboxPrefix: `_INBOX_${user}` });
  const as = (user: string) => {
    const connection = connections.get(user) ?? openConnection(urlOf(user), authOf(user));
    connections.set(user, connection);
    return connection;
  };
  await ensureStreams(await as('admin'), readDefinitions(), 1);
  return {
    ...{ urlOf, authOf, as, log: nats.log },
    stop: async () => {
      for (const connection of connections.values()) await (await connection).close();
      await nats.stop();
    },
  };
}
