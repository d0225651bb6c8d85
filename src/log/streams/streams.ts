import type { ConsumerConfig } from 'nats';
import type { Connection } from '../connection.ts';
import { assertFeatures, createStream, isFeature } from './create-stream.ts';
import type { ConsumerDefinition, Definitions, StreamDefinition } from './definitions.ts';
import { compare, type StreamDifference, operators, sentence } from './differences.ts';
import { isNotFound, LogMisconfigured, toLogError } from '../errors.ts';
import { assertNeverThere, type CreateOptions } from './lost-stream.ts';

/** Without these on the server something could get lost or never happen, so `serve` refuses to start. */
const needed = new Set([
  'subjects', 'retention', 'storage', 'allow_msg_schedules', 'allow_msg_ttl', 'allow_atomic', 'allow_rollup_hdrs', 'ack_policy',
  'max_deliver', 'filter_subjects', 'deny_purge',
]); // prettier-ignore

/**
 * Creates what is absent and checks the rest. `replicas` counts at creation only.
 * Throws LogMisconfigured with every setting with which this program could not work, and where the stream is only not shown.
 */
export async function ensureStreams(
  connection: Connection,
  definitions: Definitions,
  replicas: number,
  options: CreateOptions = {},
): Promise<StreamDifference[]> {
  await createAbsent(connection, definitions, replicas, options);
  // An older server would refuse the consumers for a reason that leads nowhere.
  assertUsable(await diffOf(connection, definitions.stream));
  for (const consumer of definitions.consumers) await ensureConsumer(connection, definitions, consumer);
  const differences = await diffStreams(connection, definitions);
  assertUsable(differences);
  return differences;
}

async function createAbsent(
  connection: Connection,
  definitions: Definitions,
  replicas: number,
  options: CreateOptions,
): Promise<void> {
  for (const stream of [definitions.stream, ...definitions.buckets]) {
    if (await streamConfig(connection, stream.name)) continue;
    if (stream === definitions.stream) await assertNeverThere(connection, definitions, options);
    await createStream(connection, stream, replicas);
  }
}

function assertUsable(differences: readonly StreamDifference[]): void {
  const fatal = differences.filter(({ setting }) => needed.has(setting));
  if (fatal.length === 0) return;
  const where = fatal.some(({ setting }) => isFeature(setting)) ? ', on nats-server 2.12 or later' : '';
  throw new LogMisconfigured(
    `JetStream is not as alert-watcher needs it:\n${fatal.map(sentence).join('\n')}\n` +
      `See \`alert-watcher streams diff\`; \`alert-watcher streams apply\` makes the changes${where}.`,
  );
}

/** Makes a durable consumer if it is gone (an operator may have deleted it); it starts from the first message. */
export async function ensureConsumer(
  connection: Connection,
  { stream }: Definitions,
  consumer: ConsumerDefinition,
): Promise<void> {
  if (await consumerConfig(connection, stream.name, consumer.durable_name)) return;
  await connection.jsm.consumers
    .add(stream.name, consumer as Partial<ConsumerConfig>)
    .catch(rethrow(`create consumer ${consumer.durable_name}`));
}

/** Every setting in which the server differs from the files, operators' own ones left out. */
export async function diffStreams(
  connection: Connection,
  definitions: Definitions,
): Promise<StreamDifference[]> {
  const differences: StreamDifference[] = [];
  for (const stream of [definitions.stream, ...definitions.buckets]) {
    differences.push(...(await diffOf(connection, stream)));
  }
  for (const consumer of definitions.consumers) {
    const actual = await consumerConfig(connection, definitions.stream.name, consumer.durable_name);
    differences.push(...compare(`consumer ${consumer.durable_name}`, consumer, actual));
  }
  return differences;
}

async function diffOf(connection: Connection, stream: StreamDefinition): Promise<StreamDifference[]> {
  return compare(`stream ${stream.name}`, stream, await streamConfig(connection, stream.name));
}

/** Creates what is absent and updates what differs; what operators own stays as it is. */
export async function applyStreams(
  connection: Connection,
  definitions: Definitions,
  replicas: number,
  options: CreateOptions = {},
): Promise<void> {
  const { jsm } = connection;
  await createAbsent(connection, definitions, replicas, options);
  for (const stream of [definitions.stream, ...definitions.buckets]) {
    const actual = await streamConfig(connection, stream.name);
    if (actual && compare('', stream, actual).length > 0) {
      const kept = Object.fromEntries(Object.entries(actual).filter(([setting]) => operators.has(setting)));
      const updated = await jsm.streams
        .update(stream.name, { ...actual, ...stream, ...kept })
        .catch(rethrow(`update stream ${stream.name}`));
      assertFeatures(connection, stream, updated.config);
    }
  }
  for (const consumer of definitions.consumers) {
    const name = consumer.durable_name;
    const actual = await consumerConfig(connection, definitions.stream.name, name);
    if (!actual) await ensureConsumer(connection, definitions, consumer);
    else if (compare('', consumer, actual).length > 0) {
      await jsm.consumers
        .update(definitions.stream.name, name, { ...actual, ...consumer })
        .catch(rethrow(`update consumer ${name}`));
    }
  }
}

async function streamConfig({ jsm }: Connection, name: string): Promise<object | undefined> {
  return jsm.streams.info(name).then((info) => info.config, absent(`look at stream ${name}`));
}

async function consumerConfig(
  { jsm }: Connection,
  stream: string,
  name: string,
): Promise<object | undefined> {
  return jsm.consumers.info(stream, name).then((info) => info.config, absent(`look at consumer ${name}`));
}

function absent(doing: string) {
  return (error: unknown): undefined => {
    if (!isNotFound(error)) throw toLogError(error, doing);
  };
}

function rethrow(doing: string) {
  return (error: unknown): never => {
    throw toLogError(error, doing);
  };
}
