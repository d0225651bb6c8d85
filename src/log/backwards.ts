import type { StoredMessage } from '../events/envelope.ts';
import type { Connection } from './connection.ts';
import { lastSequenceUnder, readRange } from './read.ts';

export interface BackwardsRange {
  /** One subject filter, or several that do not overlap. */
  filter: string | readonly string[];
  /** First sequence that is read, default 1. */
  from?: number;
  /** Last sequence, inclusive; default: the last one there is. */
  to?: number;
  /**
   * With less than half of it in a window the next one is longer, with more it is shorter; default 2,000. Each window costs some
   * requests: who reads all takes longer ones, who waits for the first takes shorter ones.
   */
  wantedInWindow?: number;
  /** Asked of each message; only these are kept. It should not decode. */
  mayBe?: (message: StoredMessage) => boolean;
}

/** Messages, newest first, of a part of the stream whose first sequence is `downTo`. */
export interface Window {
  messages: StoredMessage[];
  downTo: number;
}

const firstWindow = 512;
const largestWindow = 1_000_000;

/**
 * Reads a stream from its end: JetStream only reads forwards, so window by window. A window without a match is told, too, so
 * that the reader can stop where it takes too long. Throws LogUnavailable.
 */
export async function* readBackwards(
  connection: Connection,
  stream: string,
  {
    filter,
    from = 1,
    to = Number.MAX_SAFE_INTEGER,
    wantedInWindow = 2_000,
    mayBe = () => true,
  }: BackwardsRange,
): AsyncGenerator<Window> {
  let end = Math.min(to, await lastSequenceUnder(connection, stream, [filter].flat()));
  let size = firstWindow;
  while (end >= from) {
    const downTo = Math.max(from, end - size + 1);
    const messages: StoredMessage[] = [];
    let read = 0;
    for await (const message of readRange(connection, stream, { filter, from: downTo, to: end })) {
      read += 1;
      if (mayBe(message)) messages.push(message);
    }
    yield { messages: messages.reverse(), downTo };
    end = downTo - 1;
    if (read < wantedInWindow / 2) size = Math.min(size * 2, largestWindow);
    if (read > wantedInWindow) size = Math.max(firstWindow, Math.floor(size / 2));
  }
}
