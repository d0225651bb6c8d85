import { Gauge } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** What the metrics of a service are read from, at a scrape. */
export interface ServiceSources {
  version: string;
  isConnected: () => boolean;
  /** When each stream last stored a write of this process, in seconds since 1970; 0: never. */
  lastWrites: () => Series;
  /** Asks NATS; what it answered serves all scrapes of the next 5 s. */
  readLog: () => Promise<LogFigures>;
  /** Absent in a process that reads no log. */
  readModel?: {
    board: { size: () => number; summaries: { countByState: () => Record<string, StateCount> } };
    lag: () => number;
    /** Whether nothing more happens in a state. */
    hasEnded: (state: string) => boolean;
  };
}

interface StateCount {
  count: number;
  /** RFC 3339. */
  oldest?: string;
}

interface LogFigures {
  consumers: { name: string; pending: number; ackPending: number }[];
  streams: { name: string; bytes: number; messages: number; maxBytes?: number; maxMessages?: number }[];
}

/** The values of a gauge with one label. */
type Series = readonly (readonly [label: string, value: number | undefined])[];

const keepMs = 5_000;

/** The gauges that are read from NATS and from the board when somebody scrapes. */
export function registerServiceMetrics(metrics: Metrics, sources: ServiceSources): void {
  const { version, isConnected, readModel } = sources;
  const log = kept(async () => (isConnected() ? sources.readLog() : undefined));

  const gauge = (name: string, help: string, label: string, read: () => Promise<Series>) => {
    const made: Gauge = new Gauge({
      name: `alert_watcher_${name}`,
      help,
      labelNames: [label],
      registers: [metrics.registry],
      collect: async () => {
        const series = await read();
        // What NATS does not answer now has no series: an old value would look like a new one.
        made.reset();
        for (const [value, number] of series) if (number !== undefined) made.set({ [label]: value }, number);
      },
    });
  };
  const ofConsumers = (name: string, help: string, read: (each: LogFigures['consumers'][0]) => number) =>
    gauge(name, help, 'consumer', async () => (await log())?.consumers.map((each) => [each.name, read(each)]) ?? []); // prettier-ignore
  const ofStreams = (name: string, help: string, read: (each: LogFigures['streams'][0]) => number | undefined) =>
    gauge(name, help, 'stream', async () => (await log())?.streams.map((each) => [each.name, read(each)]) ?? []); // prettier-ignore

  gauge('build_info', 'The version, as a label; always 1.', 'version', () => Promise.resolve([[version, 1]]));
  metrics.watch('nats_connected', 'Whether this process is connected to NATS.', () => Number(isConnected()));
  gauge('last_write_timestamp_seconds', 'When NATS last acknowledged a write of this process; 0: never.', 'stream', () => Promise.resolve(sources.lastWrites())); // prettier-ignore
  ofConsumers('consumer_pending_messages', 'Messages not yet given to any process.', (each) => each.pending);
  ofConsumers('consumer_ack_pending_messages', 'Messages being handled or waiting for their next attempt.', (each) => each.ackPending); // prettier-ignore
  ofStreams('stream_bytes', 'Bytes that the stream or bucket holds.', (each) => each.bytes);
  ofStreams('stream_messages', 'Messages that the stream or bucket holds.', (each) => each.messages);
  ofStreams('stream_limit_bytes', 'Its max_bytes; absent without a limit.', (each) => each.maxBytes);
  ofStreams('stream_limit_messages', 'Its max_msgs; absent without a limit.', (each) => each.maxMessages);
  if (!readModel) return;
  const { board, lag, hasEnded } = readModel;
  const states = kept(() => Promise.resolve(Object.entries(board.summaries.countByState())));
  metrics.watch('board_lag_messages', 'Messages that the board has yet to apply.', lag);
  metrics.watch('board_pods', 'Pods on the board.', board.size);
  gauge('board_collections', 'Collections on the board, by state.', 'state', async () =>
    ((await states()) ?? []).map(([state, { count }]) => [state, count]),
  );
  gauge('collection_oldest_age_seconds', 'How long the oldest collection has been in a state.', 'state', async () =>
    ((await states()) ?? []).filter(([state]) => !hasEnded(state)).map(([state, { oldest }]) => [state, ageOf(oldest)]),
  ); // prettier-ignore
}

function ageOf(oldest: string | undefined): number {
  return oldest === undefined ? 0 : Math.max(0, (Date.now() - Date.parse(oldest)) / 1_000);
}

/** Reads once for all who ask within 5 s. Undefined where it could not be read. */
function kept<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let readAt = Number.NEGATIVE_INFINITY;
  let last: Promise<T | undefined> = Promise.resolve(undefined);
  return () => {
    if (performance.now() - readAt > keepMs) {
      readAt = performance.now();
      last = read().catch(() => undefined);
    }
    return last;
  };
}
