import { boundedNames, type Metrics } from '../telemetry/metrics.ts';

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

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

/** What is counted of alerts that come in. */
export function createIngestMetrics({ counter, gauge }: Metrics) {
  return {
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
    sourceLastHeard: gauge('source_last_heard_timestamp_seconds', 'When a source of alerts was heard last.', [
      'source',
    ]),
    sourceSilent: gauge('source_silent', '1 while a source that has a watchdog is silent.', ['source']),
    syncRequests: gauge('sync_requests', 'Requests that wait for what their alerts lead to.'),
    inflightBytes: gauge('webhook_inflight_bytes', 'Bytes of webhook bodies under way.'),
  };
}
