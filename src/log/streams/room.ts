import type { Connection } from '../connection.ts';
import { LogUnavailable, toLogError } from '../errors.ts';

/** Throws LogUnavailable where the stream has no room for so many more messages and bytes of alerts. */
export type CheckRoom = (messages: number, bytes: number) => Promise<void>;

/**
 * From this part of a limit on, what room is left belongs to the outcomes of what was accepted before. A stream without room drops
 * its oldest events for them (`discard: old`; servers refuse `new` where there are timers).
 */
const reservedFrom = 0.9;
const lookEveryMs = 1_000;

interface Limit {
  name: 'max_bytes' | 'max_msgs';
  used: number;
  limit: number;
}

/**
 * Makes a check against 90 % of the stream's max_bytes and max_msgs. Asks the server at most once a second and counts in between what it was asked for.
 */
export function createRoomCheck({ jsm }: Connection, stream: string): CheckRoom {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let limits: Promise<Limit[]> = Promise.resolve([]);

  const look = async (): Promise<Limit[]> => {
    const { config, state } = await jsm.streams.info(stream);
    const all: Limit[] = [
      { name: 'max_bytes', used: state.bytes, limit: config.max_bytes },
      { name: 'max_msgs', used: state.messages, limit: config.max_msgs },
    ];
    return all.filter(({ limit }) => limit > 0);
  };

  return async (messages, bytes) => {
    if (performance.now() - lookedAt >= lookEveryMs) {
      lookedAt = performance.now();
      limits = look();
    }
    const current = await limits.catch((error: unknown) => {
      lookedAt = Number.NEGATIVE_INFINITY;
      throw toLogError(error, `look at stream ${stream}`);
    });
    for (const each of current) {
      const after = each.used + (each.name === 'max_msgs' ? messages : bytes);
      if (after > each.limit * reservedFrom) {
        const { name, used, limit } = each;
        const held = `the stream holds ${String(used)} of ${name} ${String(limit)}`;
        throw new LogUnavailable(`${held}: what is left is for outcomes. Raise ${name}`);
      }
      each.used = after;
    }
  };
}
