import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Body } from './bodies/bodies.ts';
import type { IngestMetrics } from './metrics.ts';

type Next = () => void;

const classes = ['2xx', '4xx', '5xx', 'none'];

/**
 * Makes a hook that observes how long each webhook of a source took, from its head to the end of its answer, once, whoever
 * answers it. `none`: the sender left while the service had the whole body and had not answered. One that leaves before, or
 * that waits on purpose (`waits`) and leaves, is not observed.
 */
export function observeAnswers(
  { webhookDuration }: IngestMetrics,
  { source, waits }: { source: string; waits: boolean },
) {
  const sync = String(waits);
  // There from the start: they are what rules count, and what they know this process by as one that takes webhooks.
  for (const status_class of classes) webhookDuration.zero({ source, sync, status_class });
  return (request: FastifyRequest, { raw }: FastifyReply, next: Next): void => {
    const startedAt = performance.now();
    raw.once('close', () => {
      const isAnswered = raw.writableFinished;
      // Absent until all of it is there.
      if (!isAnswered && (waits || !(request.body as Body | null | undefined))) return;
      const status_class = isAnswered ? `${String(Math.trunc(raw.statusCode / 100))}xx` : 'none';
      webhookDuration.observe({ source, sync, status_class }, (performance.now() - startedAt) / 1_000);
    });
    next();
  };
}
