import type { FastifyReply } from 'fastify';
import { tellRefusal } from './refusals.ts';

/** Every error that the HTTP interface answers with: its status and title. A code is never given a second meaning. */
export const problems = {
  'bad-request': { status: 400, title: 'The request is not valid' },
  'not-json': { status: 400, title: 'The body is not JSON' },
  'not-alertmanager-v4': { status: 400, title: 'The body is not an Alertmanager webhook of version 4' },
  'not-alerts': { status: 400, title: 'The body is no list of alerts with titles' },
  'all-alerts-rejected': { status: 400, title: 'Every alert of the body is malformed' },
  unauthorized: { status: 401, title: 'Who asks is not known' },
  forbidden: { status: 403, title: 'Who asks may not do this' },
  'not-found': { status: 404, title: 'Nothing is here' },
  'no-recording': { status: 404, title: 'There is no recording (yet)' },
  'method-not-allowed': { status: 405, title: 'There is no such method here' },
  'request-timeout': { status: 408, title: 'The request was not whole in time' },
  refused: { status: 409, title: 'This cannot be done now' },
  'recording-gone': { status: 410, title: 'The recording is no longer where it was put' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'too-many-alerts': { status: 413, title: 'The body has too many alerts (MAX_ALERTS_PER_BODY)' },
  'body-too-complex': { status: 413, title: 'The body has too many values' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'range-not-satisfiable': { status: 416, title: 'The file has no such part' },
  'unknown-host': { status: 421, title: 'The service is not known under this host name' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'An error of the service' },
  overloaded: {
    status: 503,
    title: 'Too many bytes of bodies are under way (MAX_INFLIGHT_BYTES): send again',
  },
  'body-too-slow': { status: 503, title: 'The body comes too slowly: send again' },
  'rate-limited': { status: 503, title: 'The source sends too much: send again' },
  'stream-unavailable': { status: 503, title: 'The stream cannot take alerts now: send again' },
  'not-ready': { status: 503, title: 'This cannot be answered now: ask again' },
  'too-many-waiting': {
    status: 503,
    title: 'Too many requests wait for their alerts (MAX_SYNC_REQUESTS): send again, or without /sync',
  },
  'too-many-feeds': {
    status: 503,
    title: 'Too many event feeds are open: ask again later, or another process',
  },
  'too-many-downloads': { status: 503, title: 'Too many recordings are being downloaded: ask again later' },
} as const;

export type ProblemCode = keyof typeof problems;

/**
 * Answers with problem details (RFC 9457), and leaves a line in the log if they refuse the request. `more` are further members,
 * such as `path`: a JSON pointer into the part of the request that is at fault.
 */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  more: Record<string, unknown> = {},
): FastifyReply {
  const problem = { ...problemOf(code, detail, reply.request.id), ...more };
  tellRefusal(reply, problem);
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

/** The members that every problem has. */
export function problemOf(code: ProblemCode, detail: string, requestId: string) {
  const { status, title } = problems[code];
  return { type: `urn:problem-type:alert-watcher:${code}`, status, code, title, detail, requestId };
}
