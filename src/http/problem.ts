import type { FastifyReply } from 'fastify';

/** Every error that the HTTP interface answers with: its status and title. A code is never given a second meaning. */
export const problems = {
  'not-json': { status: 400, title: 'The body is not JSON' },
  'not-alertmanager-v4': { status: 400, title: 'The body is not an Alertmanager webhook of version 4' },
  'all-alerts-rejected': { status: 400, title: 'Every alert of the body is malformed' },
  'bad-request': { status: 400, title: 'The request is not valid' },
  'not-found': { status: 404, title: 'Nothing is here' },
  'body-too-large': { status: 413, title: 'The body is larger than MAX_BODY_BYTES' },
  overloaded: {
    status: 503,
    title: 'Too many bytes of bodies are under way (MAX_INFLIGHT_BYTES): send again',
  },
  'stream-unavailable': { status: 503, title: 'The stream cannot take alerts now: send again' },
  'not-ready': { status: 503, title: 'The service is not ready' },
  internal: { status: 500, title: 'An error of the service' },
} as const;

export type ProblemCode = keyof typeof problems;

/** Answers with problem details (RFC 9457). `path` is a JSON pointer into the request's body. */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  more: Record<string, unknown> = {},
): FastifyReply {
  const { status, title } = problems[code];
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ status, code, title, detail, ...more });
}
