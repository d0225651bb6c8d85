import {
  type AnyEvent,
  createEvent,
  decodeEvent,
  isEvent,
  type Stored,
  type StoredMessage,
} from '../../events/envelope.ts';
import { timeOf } from '../../events/instant.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import { consume, type Delivery, type Loss, type Verdict, type Worker } from '../../log/consume/consume.ts';
import type { ConsumerDefinition, Definitions } from '../../log/streams/definitions.ts';
import { LogMisconfigured, WrongLastSequence } from '../../log/errors.ts';
import { ensureConsumer } from '../../log/streams/streams.ts';
import { bounded } from '../../telemetry/bounded.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ReactorMetrics } from './metrics.ts';
import { spanAttributes } from '../../telemetry/span-attributes.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import { isPassing } from './failures.ts';

/** One durable consumer and what is done with its events. */
export interface Reactor<E extends AnyEvent & Stored> {
  durable: string;
  types: readonly E['type'][];
  /** So many are handled at once in this process. */
  places: number;
  handle: (event: E, delivery: Delivery) => Promise<Verdict>;
}

export interface ReactorDeps {
  connection: Connection;
  definitions: Definitions;
  logger: Logger;
  metrics: ReactorMetrics;
  tracing: Tracing;
  /** So often a process says that it works on a message; three times in ack_wait, if absent. */
  heartbeatSeconds?: number;
}

/** A message whose handler fails for no known reason is given up after so many deliveries. */
const maxDeliveries = 20;
const maxRetryMs = 60_000;
/** Characters of a subject that is told. */
const maxSubject = 500;

/**
 * Runs a reactor. What cannot be read, or cannot be handled for ever, ends in EventRejected and blocks nothing;
 * while NATS or the board are behind, a message is only retried later.
 */
export function startReactor<E extends AnyEvent & Stored>(deps: ReactorDeps, reactor: Reactor<E>): Worker {
  const { connection, definitions, metrics, tracing, heartbeatSeconds } = deps;
  const consumer = consumerOf(definitions, reactor.durable);
  const logger = deps.logger.child({ consumer: reactor.durable });
  const inFlight = metrics.inFlight.labels(reactor.durable);

  const handle = async (delivery: Delivery): Promise<Verdict> => {
    const read = decodeEvent(delivery);
    if (!isEvent(read)) return reject(delivery, read);
    const event: AnyEvent & Stored = read;
    if (!isOneOf<E>(event, reactor.types)) return 'done';
    inFlight.inc();
    const { durable } = reactor;
    const about = { traceparent: event.traceparent, kind: 'consumer' as const, attributes: spanAttributes(durable, event) }; // prettier-ignore
    // What is caused by the event goes below this span.
    return tracing
      .span(`${durable} ${event.type}`, about, ({ traceparent }) =>
        reactor.handle(traceparent === undefined ? event : { ...event, traceparent }, delivery),
      )
      .finally(() => inFlight.dec());
  };

  const reject = async (delivery: Delivery, error: { code: string; message: string }): Promise<Verdict> => {
    const { subject, sequence, deliveries } = delivery;
    const event = createEvent(
      'EventRejected',
      { consumer: reactor.durable, sequence, subject: subject.slice(0, maxSubject), deliveries, error },
      { part: reactor.durable, time: timeOf(Date.now()) },
    );
    // Once per message, also when the durable was made again.
    await append(connection, event, { lastSequence: 0 }).catch((failure: unknown) => {
      if (!(failure instanceof WrongLastSequence)) throw failure;
    });
    metrics.rejected.inc({ consumer: reactor.durable });
    logger.error({ subject, sequence, error }, 'a message was rejected: it cannot be handled');
    return 'done';
  };

  const onError = async (error: unknown, delivery?: Delivery): Promise<Verdict> => {
    const deliveries = delivery?.deliveries ?? 0;
    const retryInMs = Math.min(1_000 * 2 ** Math.min(deliveries, 10), maxRetryMs);
    logger.warn(
      { err: error, sequence: delivery?.sequence, deliveries, retryInMs },
      'retrying the message later',
    );
    if (isPassing(error) || !delivery || deliveries < maxDeliveries) return { retryInMs };
    const message = error instanceof Error ? error.message : String(error);
    return reject(delivery, { code: 'unexpected', message }).catch((): Verdict => ({ retryInMs }));
  };

  const onLost = (message: StoredMessage & { deliveries: number }, { silentMs, ackWaitMs }: Loss) => {
    metrics.lostClaims.inc({ consumer: reactor.durable });
    const { sequence, deliveries } = message;
    // Whoever may publish may have written anything there.
    const [event, subject] = [bounded(message.header('ce-type') ?? ''), message.subject.slice(0, maxSubject)];
    logger.warn(
      { event, subject, sequence, deliveries, silentMs: Math.round(silentMs), ackWaitMs },
      'the claim to a message is lost: no heartbeat reached NATS in time, so another process may do the same work',
    );
  };

  return consume(connection, {
    stream: definitions.stream.name,
    durable: reactor.durable,
    places: reactor.places,
    handle,
    onError,
    onLost,
    ...(heartbeatSeconds === undefined ? {} : { heartbeatMs: heartbeatSeconds * 1_000 }),
    ensure: () => ensureConsumer(connection, definitions, consumer),
  });
}

function consumerOf({ consumers }: Definitions, durable: string): ConsumerDefinition {
  const found = consumers.find(({ durable_name }) => durable_name === durable);
  if (!found) throw new LogMisconfigured(`streams/consumers has no ${durable}`);
  return found;
}

function isOneOf<E extends AnyEvent & Stored>(
  event: AnyEvent & Stored,
  types: readonly E['type'][],
): event is E {
  return types.includes(event.type);
}
