import type { ConsumerMessages } from 'nats';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredMessage } from '../../events/envelope.ts';
import { type Connection, pullExpiresMs } from '../connection.ts';
import { fromDelivery } from '../message.ts';
import { filtersFor, lastSequenceUnder } from '../read.ts';

/** A fold that goes through the log once and then stays with it. */
export interface Follower {
  /** Resolves when everything that was there at the start has been applied. */
  caughtUp: Promise<void>;
  isCaughtUp: () => boolean;
  /** Sequence of the last message applied. */
  lastApplied: () => number;
  /** Messages that the server had for us, behind the last one applied. */
  lag: () => number;
  /** Stops; resolves when no message will be applied any more. */
  stop: () => Promise<void>;
}

export interface FollowOptions {
  /** One subject filter, or several that do not overlap. */
  filter: string | readonly string[];
  /** What is behind this sequence is applied, once it is known; 0 or absent: all there is. */
  after?: number | Promise<number>;
  apply: (message: StoredMessage) => void;
  /** Called when reading broke and will be taken up again where it stopped. */
  onInterrupted: (error: unknown) => void;
}

const window = 10_000;
const retryAfterMs = 1_000;

/**
 * Applies every message under the filter in order and exactly once, first all history, then live. An ordered
 * consumer does the reading; whatever ends it, another one goes on behind the last applied sequence.
 */
export async function follow(
  connection: Connection,
  stream: string,
  options: FollowOptions,
): Promise<Follower> {
  const filters = typeof options.filter === 'string' ? [options.filter] : [...options.filter];
  const lastNow = () => lastSequenceUnder(connection, stream, filters);
  let goal = await lastNow();
  const caughtUp = Promise.withResolvers<undefined>();
  const stopping = new AbortController();
  let hasBegun = false;
  let applied = 0;
  let lag = 0;
  let done = false;
  let messages: ConsumerMessages | undefined;
  const check = () => {
    done ||= hasBegun && applied >= goal;
    if (done) caughtUp.resolve(undefined);
  };

  const readOn = async () => {
    const consumer = await connection.js.consumers.get(stream, {
      filterSubjects: filtersFor(connection, filters),
      opt_start_seq: applied + 1,
    });
    messages = await consumer.consume({ max_messages: window, expires: pullExpiresMs });
    // Not awaited: it is closed by being read to its end, below.
    if (stopping.signal.aborted) void messages.close();
    for await (const message of messages) {
      if (stopping.signal.aborted) break;
      lag = message.info.pending;
      if (message.seq > applied) options.apply(fromDelivery(message));
      applied = Math.max(applied, message.seq);
      // History that was removed meanwhile never arrives: nothing pending is caught up, too.
      done ||= lag === 0;
      check();
    }
    await consumer.delete().catch(() => false);
  };

  const run = async () => {
    applied = (await options.after) ?? 0;
    hasBegun = true;
    check();
    while (!stopping.signal.aborted) {
      await readOn().catch(options.onInterrupted);
      await delay(retryAfterMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  // What the goal was may be removed before it is delivered: then the goal is what is left.
  const watch = setInterval(() => {
    if (done) clearInterval(watch);
    else void lastNow().then((now) => void (goal = Math.min(goal, now))).then(check, () => undefined); // prettier-ignore
  }, retryAfterMs);
  return {
    caughtUp: caughtUp.promise,
    isCaughtUp: () => done,
    lastApplied: () => applied,
    lag: () => lag,
    stop: async () => {
      clearInterval(watch);
      stopping.abort();
      await messages?.close();
      await running;
    },
  };
}
