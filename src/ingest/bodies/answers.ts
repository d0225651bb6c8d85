import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, problems } from '../../http/problem.ts';
import { tellRefusal } from '../../http/refusals.ts';
import type { Inflight } from './inflight.ts';

/** Shorter ones are with the system at once. */
const longBytes = 16_384;
/** A sender has to read so many bytes a second of a long answer, and has the grace on top. */
const leastPace = 32_768;
const graceMs = 10_000;

/**
 * Bounds the memory of answers that their senders do not read: a long one counts as the body did that it answers. Where there is
 * no room for it, it is 503 instead: sent again, the alerts that were stored are duplicates.
 */
export function answerWithin(inflight: Inflight) {
  return (source: string, request: FastifyRequest, reply: FastifyReply, answer: unknown): unknown => {
    // Who has left reads nothing.
    if (typeof answer !== 'string' || answer.length < longBytes || reply.raw.destroyed) return answer;
    const held = inflight.open(source);
    if (!held.grow(answer.length)) {
      reply.code(problems.overloaded.status).type('application/problem+json');
      const detail = 'there is no room for the answer: too many are not read';
      const problem = problemOf('overloaded', detail, request.id);
      tellRefusal(reply, problem);
      return JSON.stringify(problem);
    }
    const giveUp = () => request.raw.destroy();
    const timer = setTimeout(giveUp, graceMs + (answer.length / leastPace) * 1_000).unref();
    reply.raw.once('close', () => {
      clearTimeout(timer);
      held.release();
    });
    return answer;
  };
}
