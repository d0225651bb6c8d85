import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import { loggable } from '../telemetry/printable.ts';
import { createThrottle } from '../telemetry/throttle.ts';
import type { ProblemCode } from './problem.ts';

/** Why a request was refused. */
export interface RefusalReason {
  code: ProblemCode;
  status: number;
  detail: string;
}

/** The lines about requests that are refused. Whoever can reach the service can cause them: they are few, and say little. */
export interface Refusals {
  tell: (request: FastifyRequest, reason: RefusalReason) => void;
  /** The same for what was no request: bytes that are not HTTP, or came too late. */
  tellConnection: (peer: string, requestId: string, reason: RefusalReason) => void;
  /** Writes what was only counted so far. */
  flush: () => void;
}

declare module 'fastify' {
  interface FastifyInstance {
    refusals: Refusals;
  }
  interface FastifyContextConfig {
    /** The source of alerts that a route belongs to. */
    source?: string;
  }
}

/** Writes the first refusal of a kind at once, and then at most one line a minute that counts the rest. */
export function createRefusals(logger: Logger): Refusals {
  const throttle = createThrottle();
  const tell = (kind: string, peer: string, { code, status, detail }: RefusalReason, more: object) => {
    const { level, sentence } = sayingOf(code, status, 'source' in more);
    const fields = { ...more, peer, code, status, detail: loggable(detail) };
    throttle.tell(kind, peer, (repeats) => logger[level]({ ...fields, ...repeats }, sentence));
  };
  return {
    tell: (request, reason) => {
      const { source, access } = request.routeOptions.config;
      if (!isRefusal(request, reason.code)) return;
      const { id: requestId, method } = request;
      const path = pathOf(request.url);
      const place = source ?? placeOf(request.routeOptions.url) ?? access ?? 'no route';
      const about = source === undefined ? { method, path, ...clientOf(request) } : { source };
      tell(`${place} ${reason.code}`, peerOf(request), reason, { ...about, requestId });
    },
    tellConnection: (peer, requestId, reason) => tell(`connection ${reason.code}`, peer, reason, { requestId }), // prettier-ignore
    flush: throttle.flush,
  };
}

/** The address that a request comes from. A proxy that is trusted may pass on anything. */
export function peerOf({ ip }: { ip: string | undefined }): string {
  // There is none for a connection that is gone.
  return loggable(ip ?? 'unknown');
}

/** For people, and without what may hold secrets: see `barePathOf`. */
export function pathOf(url: string): string {
  return loggable(barePathOf(url));
}

/**
 * Without the query, and of `http://user:password@host/path`, as proxies are asked, the path alone. A password that is not
 * escaped may have a slash in it: all up to the last `@` goes.
 */
export function barePathOf(url: string): string {
  const path = url.replace(/[?#].*$/s, '');
  return path.startsWith('/') ? path : path.replace(/^[a-z][-+.a-z0-9]*:\/\/(?:.*@)?[^/]*/is, '') || '/';
}

/** Tells of a problem that is not sent by `sendProblem`. */
export function tellRefusal(reply: FastifyReply, reason: RefusalReason): void {
  reply.server.refusals.tell(reply.request, reason);
}

/** What is not there (any more), or cannot be done now, is an answer about a collection: nobody was refused. */
const answers: ReadonlySet<ProblemCode> = new Set(['not-found', 'method-not-allowed', 'no-recording', 'recording-gone', 'refused']); // prettier-ignore

function isRefusal({ method, routeOptions }: FastifyRequest, code: ProblemCode): boolean {
  // A failure has a line of its own.
  if (code === 'internal') return false;
  if (routeOptions.config.access === 'send' || !answers.has(code)) return true;
  // A sender with a wrong path. Browsers ask for icons and the like.
  return routeOptions.url === undefined && method !== 'GET' && method !== 'HEAD';
}

/** Each route of the API has lines of its own; the files of the page share theirs. */
function placeOf(route: string | undefined): string | undefined {
  return route?.startsWith('/api/') ? route : undefined;
}

function clientOf({ client }: FastifyRequest): { client?: string } {
  return client === undefined ? {} : { client };
}

function sayingOf(code: ProblemCode, status: number, isWebhook: boolean) {
  if (code === 'stream-unavailable')
    return { level: 'error', sentence: 'alerts are not accepted: the stream cannot take them' } as const;
  if (!isWebhook) return { level: 'warn', sentence: 'a request was refused' } as const;
  const sentence =
    status === 503
      ? 'a webhook was refused for now: its sender has to send it again'
      : 'a webhook was refused: none of its alerts is stored';
  return { level: 'warn', sentence } as const;
}
