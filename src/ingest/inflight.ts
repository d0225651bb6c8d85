import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../http/problem.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface InflightOptions {
  metrics: Metrics;
  maxBodyBytes: number;
  /** Of all bodies under way together; beyond it, senders are told to come back (503). */
  maxInflightBytes: number;
}

/** Bounds the memory that bodies take. */
export interface Inflight {
  /** A hook: reserves a body's bytes before the first is read, and gives them back when the request is over, however it ends. */
  reserve: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Gives them back earlier: the body is no longer needed. */
  release: (request: FastifyRequest) => void;
}

export function createInflight({ metrics, maxBodyBytes, maxInflightBytes }: InflightOptions): Inflight {
  const reserved = new WeakMap<FastifyRequest, number>();
  let inflight = 0;
  const change = (bytes: number) => {
    inflight += bytes;
    metrics.inflightBytes.set(inflight);
  };
  const release = (request: FastifyRequest) => {
    change(-(reserved.get(request) ?? 0));
    reserved.delete(request);
  };
  const reserve = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const declared = Number(request.headers['content-length']);
    // Without a length (chunked) it may be as long as is allowed. Too long is answered 413 where the body is read.
    const bytes = Math.min(Number.isNaN(declared) ? maxBodyBytes : declared, maxBodyBytes);
    if (inflight + bytes > maxInflightBytes) {
      metrics.webhooksRefused.inc({ code: 'overloaded' });
      return sendProblem(reply, 'overloaded', `${String(inflight)} bytes are under way`);
    }
    reserved.set(request, bytes);
    change(bytes);
    reply.raw.once('close', () => release(request));
    return undefined;
  };
  return { reserve, release };
}
