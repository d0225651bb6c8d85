import type { Connection } from '../connection.ts';
import type { Definitions } from './definitions.ts';

/** How far the durable consumers are behind, and how much the stream and the buckets hold. */
export interface LogFigures {
  consumers: {
    name: string;
    /** Messages that it has not been given yet. */
    pending: number;
    /** Messages that are being handled or wait for their next attempt. */
    ackPending: number;
  }[];
  streams: {
    name: string;
    bytes: number;
    messages: number;
    /** Absent: without limit. */
    maxBytes?: number;
    maxMessages?: number;
  }[];
}

/** Asks the server: one request for each consumer, stream and bucket. */
export async function readFigures({ jsm }: Connection, definitions: Definitions): Promise<LogFigures> {
  const { stream, consumers, buckets } = definitions;
  const [consumerInfos, streamInfos] = await Promise.all([
    Promise.all(consumers.map(({ durable_name }) => jsm.consumers.info(stream.name, durable_name))),
    Promise.all([stream, ...buckets].map(({ name }) => jsm.streams.info(name))),
  ]);
  return {
    consumers: consumerInfos.map(({ name, num_pending, num_ack_pending }) => ({
      name,
      pending: num_pending,
      ackPending: num_ack_pending,
    })),
    streams: streamInfos.map(({ config, state }) => ({
      name: config.name,
      bytes: state.bytes,
      messages: state.messages,
      ...(config.max_bytes > 0 ? { maxBytes: config.max_bytes } : {}),
      ...(config.max_msgs > 0 ? { maxMessages: config.max_msgs } : {}),
    })),
  };
}
