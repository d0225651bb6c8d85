import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { bounded } from './bounded.ts';

export type Metrics = ReturnType<typeof createMetrics>;

const seconds = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600];
/** A sender's labels must not fill the memory: so many alert names are counted by name, the rest as "other". */
const maxAlertnames = 200;

/** There from the beginning, so that the first of each counts in a rate. */
const refusals = [
  ...[
    'not-json',
    'not-alertmanager-v4',
    'not-alerts',
    'body-too-large',
    'too-many-alerts',
    'body-too-complex',
  ],
  ...['unauthorized', 'forbidden', 'unknown-host'],
  ...['stream-unavailable', 'overloaded', 'body-too-slow', 'rate-limited', 'too-many-waiting'],
];

/** Gauges that prom-client names like counters; the same is in nodejs_active_resources and the like, by type. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** The metrics of one process, in a registry of their own. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const registers = [registry];
  // A series that is first seen at 1 has no increase: what is alerted on exists from the start, at 0.
  const counter = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    atZero: readonly Record<L, string>[] = [],
  ) => {
    const made = new Counter({ name: `alert_watcher_${name}`, help, labelNames, registers });
    for (const labels of atZero) made.inc(labels, 0);
    return made;
  };
  const duration = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ name: `alert_watcher_${name}`, help, labelNames, buckets: seconds, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `alert_watcher_${name}`, help, labelNames, registers });
  return {
    registry,
    alertname: boundedNames(maxAlertnames),
    alertsReceived: counter('alerts_received_total', 'Alerts in webhooks, by what became of them.', [
      'alertname',
      'status',
      'result',
    ]),
    webhooksRefused: counter(
      'webhooks_refused_total',
      'Webhooks that were not taken.',
      ['code'],
      refusals.map((code) => ({ code })),
    ),
    decisions: counter('decisions_total', 'What firing alerts led to.', ['decision']),
    lateTimers: counter(
      'late_timers_total',
      'Timers that NATS did not let go off in time, and that were made up for.',
      ['timer'],
      [{ timer: 'cooldown' }, { timer: 'source' }],
    ),
    attempts: counter('attempts_total', 'Attempts to collect or upload.', ['stage', 'result']),
    collections: counter(
      'collections_total',
      'Runs of collections that ended.',
      ['outcome', 'stage'],
      [
        { outcome: 'uploaded', stage: 'upload' },
        { outcome: 'failed', stage: 'collect' },
        { outcome: 'failed', stage: 'upload' },
      ],
    ),
    rejected: counter(
      'events_rejected_total',
      'Messages that could not be read or handled.',
      ['consumer'],
      ['intake', 'collect', 'upload'].map((consumer) => ({ consumer })),
    ),
    collectDuration: duration('collect_duration_seconds', 'One attempt to collect.', ['collector', 'result']),
    uploadDuration: duration('upload_duration_seconds', 'One attempt to upload.', ['destination', 'result']),
    recordingBytes: counter(
      'recording_bytes_total',
      'Bytes of recordings that reached their destination.',
      [],
    ),
    inFlight: gauge('in_flight', 'Messages being handled.', ['consumer']),
    sourceLastHeard: gauge('source_last_heard_timestamp_seconds', 'When a source of alerts was heard last.', [
      'source',
    ]),
    sourceSilent: gauge('source_silent', '1 while a source that has a watchdog is silent.', ['source']),
    syncRequests: gauge('sync_requests', 'Requests that wait for what their alerts lead to.'),
    inflightBytes: gauge('webhook_inflight_bytes', 'Bytes of webhook bodies under way.'),
    /** A gauge that is read when it is asked for. */
    watch: (name: string, help: string, read: () => number): void => {
      const watched: Gauge = new Gauge({
        name: `alert_watcher_${name}`,
        help,
        registers,
        collect: () => watched.set(read()),
      });
    },
  };
}

function boundedNames(max: number): (name: string | undefined) => string {
  const known = new Set<string>();
  return (given = '') => {
    const name = bounded(given);
    if (known.has(name)) return name;
    if (known.size >= max) return 'other';
    known.add(name);
    return name;
  };
}
