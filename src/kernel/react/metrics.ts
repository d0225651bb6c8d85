import type { Metrics } from '../../telemetry/metrics.ts';

export type ReactorMetrics = ReturnType<typeof createReactorMetrics>;

/** What is counted of every reactor and timer. */
export function createReactorMetrics(
  metrics: Metrics,
  { durables, timers }: { durables: readonly string[]; timers: readonly string[] },
) {
  return {
    rejected: metrics.counter(
      'events_rejected_total',
      'Messages that could not be read or handled.',
      ['consumer'],
      durables.map((consumer) => ({ consumer })),
    ),
    lostClaims: metrics.counter(
      'lost_claims_total',
      'Messages in work of which no heartbeat reached NATS within ack_wait.',
      ['consumer'],
      durables.map((consumer) => ({ consumer })),
    ),
    inFlight: metrics.gauge('in_flight', 'Messages being handled.', ['consumer']),
    lateTimers: metrics.counter(
      'late_timers_total',
      'Timers that NATS did not let go off in time, and that were made up for.',
      ['timer'],
      timers.map((timer) => ({ timer })),
    ),
  };
}
