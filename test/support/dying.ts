import type { Connection } from '../../src/log/connection.ts';
import { LogUnavailable } from '../../src/log/errors.ts';

const deaths = new WeakMap<Connection, { isDead: boolean }>();
/** True once such a process has been killed. */
export const isDead = (connection: Connection) => deaths.get(connection)?.isDead === true;

/** The same connection for a process that is killed at its nth write: nothing of it reaches the stream after that. */
export function dyingAt(connection: Connection, write: number, when: 'before' | 'after'): Connection {
  const death = { isDead: false };
  let writes = 0;
  const cut =
    <A extends unknown[], T>(publish: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (death.isDead) throw new LogUnavailable('killed');
      writes += 1;
      if (writes !== write) return publish(...args);
      death.isDead = true;
      if (when === 'after') await publish(...args);
      throw new LogUnavailable('killed');
    };
  const { publish, publishTogether } = connection.publisher;
  const publisher = { ...connection.publisher, publish: cut(publish), publishTogether: cut(publishTogether) };
  const dying = { ...connection, publisher };
  deaths.set(dying, death);
  return dying;
}
