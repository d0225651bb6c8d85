import type { ProblemCode } from '../http/problem.ts';
import { boundedNames, type Metrics } from '../telemetry/metrics.ts';

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

const maxAlertnames = 200;

/** An answer takes some milliseconds; one append to JetStream 5 s at most; a body in slow pieces up to five minutes. */
const answerSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** There from the beginning, so that the first of each counts in a rate. */
const refusals: ProblemCode[] = [
  'not-json',
  'not-alertmanager-v4',
  'not-alerts',
  'all-alerts-rejected',
  'body-too-large',
  'too-many-alerts',
  'body-too-complex',
  'unauthorized',
  'forbidden',
  'unknown-host',
  'stream-unavailable',
  'overloaded',
  'body-too-slow',
  'rate-limited',
  'too-many-waiting',
];

/** What is counted of alerts that come in from these sources, by their names. */
export function createIngestMetrics({ counter, duration, gauge }: Metrics, sources: readonly string[]) {
  return {
    alertname: boundedNames(maxAlertnames),
    alertsReceived: counter('alerts_received_total', 'Alerts in webhooks, by what became of them.', [
      'alertname',
      'status',
      'result',
    ]),
    alertsRejected: counter(
      'alerts_rejected_total',
      'Malformed alerts, which are not stored.',
      ['source'],
      sources.map((source) => ({ source })),
    ),
    webhooksRefused: counter(
      'webhooks_refused_total',
      'Webhooks that were not taken.',
      ['code'],
      refusals.map((code) => ({ code })),
    ),
    webhookDuration: duration(
      'webhook_duration_seconds',
      'From the head of a webhook to the end of its answer.',
      ['source', 'status_class', 'sync'],
      answerSeconds,
    ),
    sourceLastHeard: gauge('source_last_heard_timestamp_seconds', 'When a source of alerts was heard last.', [
      'source',
    ]),
    sourceSilent: gauge('source_silent', '1 while a source that has a watchdog is silent.', ['source']),
    syncRequests: gauge('sync_requests', 'Requests that wait for what their alerts lead to.'),
    inflightBytes: gauge('webhook_inflight_bytes', 'Bytes of webhook bodies under way.'),
  };
}
