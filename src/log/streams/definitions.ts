import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { readdirSync, readFileSync } from 'node:fs';

const StreamDefinition = Type.Object({ name: Type.String(), subjects: Type.Array(Type.String()) });
const ConsumerDefinition = Type.Object({
  durable_name: Type.String(),
  filter_subjects: Type.Array(Type.String()),
  ack_wait: Type.Number(),
});

/** The JSON of `streams/*.json` and `streams/buckets/*.json`, as JetStream's API and the `nats` CLI read it. */
export type StreamDefinition = Static<typeof StreamDefinition>;
/** The JSON of `streams/consumers/*.json`. Durations are nanoseconds. */
export type ConsumerDefinition = Static<typeof ConsumerDefinition>;

/** What must be on the server. */
export interface Definitions {
  stream: StreamDefinition;
  consumers: ConsumerDefinition[];
  buckets: StreamDefinition[];
}

const folder = new URL('../../../streams/', import.meta.url);

/** ACK_WAIT_SECONDS where it is not set: what the files in `streams/consumers` say. */
export const defaultAckWaitSeconds = 15;

/**
 * Reads the files in `streams/`: the only place where streams, consumers and buckets are described. What the environment says
 * otherwise goes before the files: `ack_wait` of the consumers is `ackWaitSeconds`.
 */
export function readDefinitions({ ackWaitSeconds = defaultAckWaitSeconds } = {}): Definitions {
  const ack_wait = ackWaitSeconds * 1e9;
  return {
    stream: checked(StreamDefinition, readJson('ALERT_WATCHER.json')),
    consumers: readFolder('consumers/').map((json) => ({ ...checked(ConsumerDefinition, json), ack_wait })),
    buckets: readFolder('buckets/').map((json) => checked(StreamDefinition, json)),
  };
}

export const streamName = 'ALERT_WATCHER';
export const stagingBucket = 'ALERT_WATCHER_STAGING';
export const recordingsBucket = 'ALERT_WATCHER_RECORDINGS';
export const snapshotsBucket = 'ALERT_WATCHER_SNAPSHOTS';

// Not Value.Parse: that would drop every setting that the schema does not name.
function checked<Schema extends TSchema>(schema: Schema, json: unknown): Static<Schema> {
  Value.Assert(schema, json);
  return json;
}

function readFolder(name: string): unknown[] {
  const files = readdirSync(new URL(name, folder)).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => readJson(name + file));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
}
