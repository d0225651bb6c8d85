import { setTimeout as delay } from 'node:timers/promises';
import type { StoredMessage } from '../../events/envelope.ts';
import { beginningOf } from '../streams/beginning.ts';
import type { Connection } from '../connection.ts';
import { toLogError } from '../errors.ts';
import { readRange } from '../read.ts';
import type { Tail, TailHandle } from './tail.ts';

/** What the reader asked to go on behind is not there (any more); it goes on with the first there is. */
export interface Gap {
  reason: 'purged' | 'beyond-the-stream';
  after: number;
  firstSequence: number;
  lastSequence: number;
}

/** One reader of a feed. It ends the feed by the signal, also where it fails. */
export interface FeedSink {
  /** Takes a message, or leaves it out. False: it has as much as it should hold. */
  take: (message: StoredMessage) => boolean;
  /** Resolves once it can hold more, or has ended the feed. */
  room: () => Promise<void>;
  /** Everything up to there was told. */
  reached: (sequence: number) => void;
  gap: (gap: Gap) => void;
}

export interface FeedRequest {
  /** What is behind this sequence is told; undefined: what comes from now on. */
  after: number | undefined;
  /** Subjects that are read to catch up. Live, the sink is told everything. */
  filters: readonly string[];
}

export interface FeedDeps {
  connection: Connection;
  stream: string;
  tail: Tail;
  /** Bounds how many readers catch up at once. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  onInterrupted: (error: unknown) => void;
}

const pageMessages = 256;
const pageBytes = 1024 * 1024;
const retryAfterMs = 1_000;

/**
 * Tells a reader the stream in order, without a gap or a repeat, until the signal ends it: first page by page what it has
 * missed, then live, from the tail that all readers share. A reader that is slower than the stream goes back to pages, so
 * that nothing piles up for it. While NATS is away it waits. Never rejects.
 */
export async function runFeed(
  deps: FeedDeps,
  { after, filters }: FeedRequest,
  sink: FeedSink,
  signal: AbortSignal,
): Promise<void> {
  let at = after;
  const isOver = () => signal.aborted;
  const tell = async (tail: TailHandle) => {
    while (!isOver()) {
      at = await startOf(deps, at, sink);
      sink.reached(at);
      while (at < tail.lastSequence()) {
        const page = await deps.inTurn(() => readPage(deps, filters, at ?? 0, tail.lastSequence()));
        for (const message of page.messages) {
          at = message.sequence;
          if (!sink.take(message)) await sink.room();
          if (isOver()) return;
        }
        at = page.upTo;
        sink.reached(at);
      }
      at = await live(tail, at, sink, signal);
      await sink.room();
    }
  };
  while (!isOver()) {
    try {
      const tail = await deps.tail.open();
      await tell(tail).finally(tail.close);
    } catch (error) {
      deps.onInterrupted(error);
      await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Where to go on: the stream may have lost what comes next, or never had it. */
async function startOf(
  { connection, stream }: FeedDeps,
  after: number | undefined,
  sink: FeedSink,
): Promise<number> {
  const { state } = await connection.jsm.streams.info(stream).catch((error: unknown) => {
    throw toLogError(error, `look at stream ${stream}`);
  });
  const { last_seq: lastSequence } = state;
  if (after === undefined) return lastSequence;
  const isBeyond = after > lastSequence;
  const firstSequence = await beginningOf(connection, stream, state);
  if (!isBeyond && after >= firstSequence - 1) return after;
  sink.gap({ reason: isBeyond ? 'beyond-the-stream' : 'purged', after, firstSequence, lastSequence });
  return firstSequence - 1;
}

/** A few messages behind a sequence, and how far they go. */
async function readPage(
  { connection, stream }: FeedDeps,
  filter: readonly string[],
  after: number,
  to: number,
): Promise<{ messages: StoredMessage[]; upTo: number }> {
  const messages: StoredMessage[] = [];
  let bytes = 0;
  const range = { filter, from: after + 1, to, max: pageMessages };
  for await (const message of readRange(connection, stream, range)) {
    messages.push(message);
    bytes += message.body.length;
    if (messages.length >= pageMessages || bytes >= pageBytes) return { messages, upTo: message.sequence };
  }
  return { messages, upTo: to };
}

/** Tells what comes, until the sink is full or the signal ends it. Resolves to the sequence that was told last. */
function live(tail: TailHandle, after: number, sink: FeedSink, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    let at = after;
    const end = () => {
      leave();
      signal.removeEventListener('abort', end);
      resolve(at);
    };
    const leave = tail.listen((message) => {
      if (message.sequence <= at) return;
      at = message.sequence;
      const hasRoom = sink.take(message);
      sink.reached(at);
      if (!hasRoom) end();
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
