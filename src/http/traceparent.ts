import type { FastifyRequest } from 'fastify';

const form = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The W3C traceparent of a request, where it has a valid one. */
export function traceparentOf({
  headers: { traceparent },
}: Pick<FastifyRequest, 'headers'>): string | undefined {
  return typeof traceparent === 'string' && form.test(traceparent) ? traceparent : undefined;
}
