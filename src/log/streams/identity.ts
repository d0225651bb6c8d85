import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection.ts';
import { messageAt } from '../read.ts';

export interface IdentityOptions {
  /** Sequence up to which it was read; 0: nothing yet. */
  lastApplied: () => number;
  /** Called once, with what was found. */
  onOther: (reason: string) => void;
  lookEveryMs?: number;
}

/**
 * Watches that a stream stays the one that was read: one that was put back to a backup, lost its end with a server that did not
 * sync, or was made again under its name gives its sequences a second time, and a fold behind them would pass over what comes.
 * The function that it gives ends it.
 */
export function watchIdentity(
  connection: Connection,
  stream: string,
  { lastApplied, onOther, lookEveryMs = 1_000 }: IdentityOptions,
): () => void {
  const stopping = new AbortController();
  let wasShort = false;
  let mark: { sequence: number; storedAt: string } | undefined;

  /** What shows that it is another one. */
  const look = async (): Promise<string | undefined> => {
    // Before the server is asked: what is applied meanwhile may be behind what it answers.
    const applied = lastApplied();
    const { state } = await connection.jsm.streams.info(stream);
    const isShort = state.last_seq < applied;
    // Twice in a row: a new leader of a cluster may not know for a moment what another replica has told.
    if (isShort && wasShort)
      return `it was read up to ${String(applied)} and ends at ${String(state.last_seq)}`;
    wasShort = isShort;
    if (isShort) return undefined;
    const now = mark && (await messageAt(connection, stream, mark.sequence));
    if (mark && now && now.storedAt !== mark.storedAt)
      return `message ${String(mark.sequence)} was stored at ${mark.storedAt}, and now at ${now.storedAt}`;
    const found = applied > 0 ? await messageAt(connection, stream, applied) : undefined;
    if (found) mark = { sequence: applied, storedAt: found.storedAt };
    return undefined;
  };

  const watch = async () => {
    while (await delay(lookEveryMs, true, { signal: stopping.signal, ref: false }).catch(() => false)) {
      // While NATS or the stream is away nothing can be said; that is told elsewhere.
      const reason = await look().catch(() => undefined);
      if (reason === undefined || stopping.signal.aborted) continue;
      onOther(reason);
      return;
    }
  };
  void watch();
  return () => stopping.abort();
}
