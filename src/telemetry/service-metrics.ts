import { kept } from './kept.ts';
import type { Metrics, Series } from './metrics.ts';

/** What the metrics of a service are read from, at a scrape. */
export interface ServiceSources {
  version: string;
  isConnected: () => boolean;
  /** When each stream last stored a write of this process, in seconds since 1970; 0: never. */
  lastWrites: () => Series;
  /** Asks NATS; what it answered serves all scrapes of the next 5 s. */
  readLog: () => Promise<LogFigures>;
  /** Messages that the boards have yet to apply. Absent in a process that reads no log. */
  lag?: () => number;
}

interface LogFigures {
  consumers: { name: string; pending: number; ackPending: number }[];
  streams: { name: string; bytes: number; messages: number; maxBytes?: number; maxMessages?: number }[];
}

/** The gauges that are read from NATS and from the board when somebody scrapes. */
export function registerServiceMetrics({ watch, watchSeries }: Metrics, sources: ServiceSources): void {
  const { version, isConnected, lag } = sources;
  const log = kept(async () => (isConnected() ? sources.readLog() : undefined));
  const ofConsumers = (name: string, help: string, read: (each: LogFigures['consumers'][0]) => number) =>
    watchSeries(name, help, 'consumer', async () => (await log())?.consumers.map((each) => [each.name, read(each)]) ?? []); // prettier-ignore
  const ofStreams = (name: string, help: string, read: (each: LogFigures['streams'][0]) => number | undefined) =>
    watchSeries(name, help, 'stream', async () => (await log())?.streams.map((each) => [each.name, read(each)]) ?? []); // prettier-ignore

  watchSeries('build_info', 'The version, as a label; always 1.', 'version', () => [[version, 1]]);
  watch('nats_connected', 'Whether this process is connected to NATS.', () => Number(isConnected()));
  watchSeries('last_write_timestamp_seconds', 'When NATS last acknowledged a write of this process; 0: never.', 'stream', sources.lastWrites); // prettier-ignore
  ofConsumers('consumer_pending_messages', 'Messages not yet given to any process.', (each) => each.pending);
  ofConsumers('consumer_ack_pending_messages', 'Messages being handled or waiting for their next attempt.', (each) => each.ackPending); // prettier-ignore
  ofStreams('stream_bytes', 'Bytes that the stream or bucket holds.', (each) => each.bytes);
  ofStreams('stream_messages', 'Messages that the stream or bucket holds.', (each) => each.messages);
  ofStreams('stream_limit_bytes', 'Its max_bytes; absent without a limit.', (each) => each.maxBytes);
  ofStreams('stream_limit_messages', 'Its max_msgs; absent without a limit.', (each) => each.maxMessages);
  if (lag) watch('board_lag_messages', 'Messages that the board has yet to apply.', lag);
}
