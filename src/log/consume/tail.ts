import type { StoredMessage } from '../../events/envelope.ts';
import type { Connection } from '../connection.ts';
import { toLogError } from '../errors.ts';
import { type Follower, follow } from './follow.ts';

/** What one reader has of the tail, until it closes it. */
export interface TailHandle {
  /** Sequence of the last message that listeners were told. */
  lastSequence: () => number;
  /** Tells every message behind `lastSequence`, in order. Returns what ends it. */
  listen: (listener: (message: StoredMessage) => void) => () => void;
  close: () => void;
}

/** The live end of a stream, read once for all who listen; while nobody does, nothing is read. */
export interface Tail {
  /** Throws LogUnavailable. */
  open: () => Promise<TailHandle>;
  stop: () => Promise<void>;
}

interface Running {
  follower: Follower;
  readers: number;
}

export function createTail(
  connection: Connection,
  stream: string,
  onInterrupted: (error: unknown) => void,
): Tail {
  const listeners = new Set<(message: StoredMessage) => void>();
  let running: Promise<Running> | undefined;

  const start = async (): Promise<Running> => {
    const info = await connection.jsm.streams.info(stream).catch((error: unknown) => {
      throw toLogError(error, `look at stream ${stream}`);
    });
    const apply = (message: StoredMessage) => {
      for (const listener of listeners) listener(message);
    };
    const after = info.state.last_seq;
    return {
      follower: await follow(connection, stream, { filter: 'aw.>', after, apply, onInterrupted }),
      readers: 0,
    };
  };

  const open = async (): Promise<TailHandle> => {
    const starting = (running ??= start());
    const current = await starting.catch((error: unknown) => {
      if (running === starting) running = undefined;
      throw error;
    });
    // It was stopped while this one waited: its last reader had just gone.
    if (running !== starting) return open();
    const { follower } = current;
    current.readers += 1;
    return {
      lastSequence: follower.lastApplied,
      listen: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      close: () => {
        current.readers -= 1;
        if (current.readers > 0 || running !== starting) return;
        running = undefined;
        void follower.stop();
      },
    };
  };

  return {
    open,
    stop: async () => {
      const current = await running?.catch(() => undefined);
      running = undefined;
      await current?.follower.stop();
    },
  };
}
