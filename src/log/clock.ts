import type { Connection } from './connection.ts';
import { toLogError } from './errors.ts';

/** The clock of nats-server, as far as this process can tell. */
export interface ServerClock {
  /** Milliseconds since 1970. */
  now: () => number;
  stop: () => void;
}

const lookEveryMs = 30_000;
/** Two clocks that differ by less are taken for one: an answer takes time, too. */
const toleratedMs = 250;

/**
 * Timers go off, and messages are stored, by the clock of nats-server; clocks of machines may differ by minutes. So whatever is
 * decided by time is decided by that one clock. It is asked now and every half minute. Throws LogUnavailable.
 */
export async function startServerClock(connection: Connection, stream: string): Promise<ServerClock> {
  let offsetMs = 0;
  const look = async () => {
    const askedAt = Date.now();
    const time = serverTimeOf(await connection.jsm.streams.info(stream));
    const answeredAt = Date.now();
    const offset = time - (askedAt + answeredAt) / 2;
    if (Number.isNaN(offset)) return;
    offsetMs = Math.abs(offset) < toleratedMs + (answeredAt - askedAt) ? 0 : Math.round(offset);
  };
  await look().catch((error: unknown) => {
    throw toLogError(error, `look at stream ${stream}`);
  });
  // While NATS is away the last answer holds.
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs);
  timer.unref();
  return { now: () => Date.now() + offsetMs, stop: () => clearInterval(timer) };
}

/** When the server gave an answer of its API, milliseconds since 1970: it says so since 2.11, the client's type does not. NaN before. */
export function serverTimeOf(info: object): number {
  return 'ts' in info && typeof info.ts === 'string' ? Date.parse(info.ts) : Number.NaN;
}
