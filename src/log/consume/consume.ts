import { once } from 'node:events';
import type { Consumer, ConsumerMessages, JsMsg } from 'nats';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredMessage } from '../../events/envelope.ts';
import { type Claim, holdClaim } from './claim.ts';
import { type Connection, pullExpiresMs } from '../connection.ts';
import { fromDelivery } from '../message.ts';

/** What becomes of a message when its handler is through with it. */
export type Verdict = 'done' | { retryInMs: number };

export interface Delivery extends StoredMessage {
  /** Counts from 1; includes hand-backs and crashes. */
  deliveries: number;
  claim: Claim;
}

export interface ConsumeOptions {
  stream: string;
  durable: string;
  /** How many messages are handled at once in this process. */
  places: number;
  /** So often the server is told that a message is worked on; at least three times in its ack_wait, also if absent. */
  heartbeatMs?: number | undefined;
  /** May run twice for one message, on two machines. What it throws is given to onError. */
  handle: (delivery: Delivery) => Promise<Verdict>;
  /** A handler threw, or the pulling broke (no delivery). Its verdict decides what becomes of the message. */
  onError: (error: unknown, delivery?: Delivery) => Promise<Verdict>;
  /** A message may be another process's by now: no heartbeat has reached the server for ack_wait. Its handler goes on. */
  onLost?: (delivery: StoredMessage & { deliveries: number }, loss: Loss) => void;
  /** Called before the pulling goes on after it broke: makes the consumer again if it is gone. */
  ensure: () => Promise<void>;
}

/** How a claim was lost, in milliseconds. */
export interface Loss {
  /** Since the last heartbeat that reached the server, or since the message came. */
  silentMs: number;
  /** Of the consumer on the server. */
  ackWaitMs: number;
}

export interface Worker {
  /** Messages being handled now. */
  running: () => number;
  /** Takes no more work; resolves when what was running has ended. */
  stop: () => Promise<void>;
}

const retryAfterMs = 1_000;
const lookEveryMs = 10_000;

/**
 * Handles the messages of a durable consumer, as many at once as there are places. It asks the server for no more
 * than it can start: what is only prefetched outlives ack_wait and is handled again and again.
 */
export function consume(connection: Connection, options: ConsumeOptions): Worker {
  const stopping = new AbortController();
  const running = new Map<number, Promise<void>>();
  let placeFreed = Promise.withResolvers<undefined>();
  let consumer: Consumer | undefined;
  let ackWaitMs = 0;
  let lookAgainAt = 0;
  let pulled: ConsumerMessages | undefined;
  const isStopping = () => stopping.signal.aborted;
  const stopped = once(stopping.signal, 'abort');

  const start = (message: JsMsg) => {
    // Redelivered while it still runs here: the run that goes on will ack.
    if (running.has(message.seq)) return;
    const work = handleOne(message, options, connection, () => ackWaitMs).finally(() => {
      running.delete(message.seq);
      placeFreed.resolve(undefined);
    });
    running.set(message.seq, work);
  };

  const pull = async (free: number) => {
    consumer ??= await connection.js.consumers.get(options.stream, options.durable);
    if (performance.now() >= lookAgainAt) {
      // As it is on the server: operators may have set another one than the file.
      ackWaitMs = ((await consumer.info()).config.ack_wait ?? 0) / 1e6;
      lookAgainAt = performance.now() + lookEveryMs;
    }
    pulled = await consumer.fetch({ max_messages: free, expires: pullExpiresMs });
    // Not awaited: it is closed by being read to its end, below.
    if (isStopping()) void pulled.close();
    for await (const message of pulled) {
      if (isStopping()) message.nak();
      else start(message);
    }
  };

  const loop = async () => {
    while (!isStopping()) {
      placeFreed = Promise.withResolvers<undefined>();
      const free = options.places - running.size;
      if (free <= 0) await Promise.race([placeFreed.promise, stopped]);
      else await pull(free).catch((error: unknown) => recover(error));
    }
    await Promise.all(running.values());
  };

  const recover = async (error: unknown) => {
    consumer = undefined;
    lookAgainAt = 0;
    if (isStopping()) return;
    await options.onError(error);
    await delay(retryAfterMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    await options.ensure().catch((failure: unknown) => options.onError(failure));
  };

  const ended = loop();
  return {
    running: () => running.size,
    stop: async () => {
      stopping.abort();
      await pulled?.close();
      await ended;
    },
  };
}

async function handleOne(
  message: JsMsg,
  options: ConsumeOptions,
  connection: Connection,
  ackWaitMs: () => number,
): Promise<void> {
  const described = describe(message);
  const claim = holdClaim(message, connection, {
    ackWaitMs,
    heartbeatMs: options.heartbeatMs,
    onLost: (silentMs) => options.onLost?.(described, { silentMs, ackWaitMs: ackWaitMs() }),
  });
  const delivery = { ...described, claim };
  try {
    const verdict = await options
      .handle(delivery)
      .catch((error: unknown) => options.onError(error, delivery));
    const holds = claim.holds();
    if (verdict === 'done') message.ack();
    // After the claim is lost a nak would hand the message to a third process while the second works on it.
    // A delay is written to the server's disk and survives its restart; a nak without one is not.
    else if (holds) message.nak(Math.max(verdict.retryInMs, 1));
  } finally {
    claim.release();
  }
}

function describe(message: JsMsg) {
  const { subject, sequence, storedAt, header, body } = fromDelivery(message);
  return { subject, sequence, storedAt, header, body, deliveries: message.info.deliveryCount };
}
