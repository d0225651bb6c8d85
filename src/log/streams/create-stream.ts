import type { StreamConfig } from 'nats';
import type { Connection } from '../connection.ts';
import type { StreamDefinition } from './definitions.ts';
import { LogMisconfigured, toLogError } from '../errors.ts';

/** Settings that an older server drops without a word, and what they stand for. */
const features: Readonly<Record<string, string>> = {
  allow_msg_schedules: 'message schedules',
  allow_atomic: 'atomic batches',
  allow_msg_ttl: 'TTLs of messages',
};

/**
 * Creates a stream or a bucket. Throws LogMisconfigured where the server does not do what the definition asks for; nothing is
 * left of the stream then.
 */
export async function createStream(
  connection: Connection,
  stream: StreamDefinition,
  replicas: number,
): Promise<void> {
  const { jsm } = connection;
  // The client's type does not know allow_msg_schedules and its like; the server does.
  const config = { ...stream, num_replicas: replicas } as Partial<StreamConfig> & { name: string };
  const rethrow = (error: unknown): never => {
    throw toLogError(error, `create stream ${stream.name}`);
  };
  const created = await jsm.streams.add(config).catch(rethrow);
  try {
    assertFeatures(connection, stream, created.config);
  } catch (error) {
    // Nobody could work with it. Should it stay all the same, the next start finds what it lacks.
    if (created.state.messages === 0) await jsm.streams.delete(stream.name).catch(() => false);
    throw error;
  }
  // Messages of before, on a server that could not show them: the settings reach the disk by an update only.
  if (created.state.messages > 0) await jsm.streams.update(stream.name, config).catch(rethrow);
}

/** True for a setting that a server may lack. */
export function isFeature(setting: string): boolean {
  return Object.hasOwn(features, setting);
}

/** Throws LogMisconfigured where a server has taken a definition and left out settings that it does not know. */
export function assertFeatures({ server }: Connection, wanted: object, actual: object): void {
  const settings = new Map<string, unknown>(Object.entries(actual));
  const lacking = Object.entries(wanted).filter(
    ([name, value]) => value === true && isFeature(name) && settings.get(name) !== true,
  );
  if (lacking.length === 0) return;
  const names = lacking.map(([name]) => `${features[name] ?? ''} (${name})`);
  throw new LogMisconfigured(
    `nats-server ${server.version} lacks ${names.join(', ')}. Official releases from 2.12 on have them; ` +
      'the packages of distributions are often older.',
  );
}
