import type { FastifyReply } from 'fastify';
import { sendProblem } from '../problem.ts';

/** Why a request is not let in. */
export type Refusal =
  | { code: 'unauthorized'; detail: string; scheme: string }
  | { code: 'forbidden' | 'unknown-host' | 'rate-limited'; detail: string };

export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.code === 'unauthorized')
    reply.header('www-authenticate', `${refusal.scheme} realm="alert-watcher"`);
  if (refusal.code === 'rate-limited') reply.header('retry-after', '1');
  return sendProblem(reply, refusal.code, refusal.detail);
}
