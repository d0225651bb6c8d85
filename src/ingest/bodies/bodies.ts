import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../../http/problem.ts';
import type { IngestMetrics } from '../metrics.ts';
import { answerWithin } from './answers.ts';
import { countValues } from './complexity.ts';
import { createInflight } from './inflight.ts';
import { createPlaces } from '../../kernel/places.ts';
import { type WholeBody, createBodyReader } from './read-body.ts';

export interface BodyLimits {
  maxBodyBytes: number;
  /** Of all bodies under way together; beyond it, senders are told to come back (503). */
  maxInflightBytes: number;
  maxAlertsPerBody: number;
  /** Values of one body; what has more is not counted further. */
  maxValues: number;
}

/** A body that is all there, of which nothing is parsed. */
export interface Body {
  /** Bytes. */
  length: number;
  /** Of its JSON; `maxValues` + 1 stands for more. */
  values: number;
  /** Its text, once: bytes that were read are not held any longer. */
  takeText: () => string;
  /** Gives back what it takes, once. */
  release: () => void;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

export interface Bodies {
  /** A hook: reads the body of a request to this source, so that `request.body` is a Body, or answers why not. */
  readFor: (source: string) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Has a request handled once there is memory for what its body becomes, and gives that back when it is handled. */
  inTurn: (handle: Handler) => Handler;
  /** Has an answer to a request of this source sent, or another one where too many are under way. */
  answer: ReturnType<typeof answerWithin>;
  stop: () => void;
}

/**
 * What a body becomes while it is handled, in bytes: copies of its text, an object for each value, and an event or a refusal for
 * each that can be an alert. test/faults/bodies.long.ts shows that it is enough.
 */
const becomes = ({ length, values }: Body, maxAlerts: number) =>
  6 * length + 128 * values + 1_024 * Math.min(values, maxAlerts);

/** Bounds the memory that bodies take: what has arrived of them by `maxInflightBytes`, what they become by as much again. */
export function createBodies(
  { maxBodyBytes, maxInflightBytes, maxAlertsPerBody, maxValues }: BodyLimits,
  { sources, metrics }: { sources: number; metrics: IngestMetrics },
): Bodies {
  const onChange = (bytes: number) => metrics.inflightBytes.set(bytes);
  const inflight = createInflight({ limit: maxInflightBytes, sources, onChange });
  const reader = createBodyReader({ inflight, maxBodyBytes });
  const turns = createPlaces(maxInflightBytes);
  return {
    answer: answerWithin(inflight),
    stop: reader.stop,
    readFor: (source) => async (request, reply) => {
      const read = await reader.read(request.raw, source);
      if ('bytes' in read) {
        request.body = bodyOf(read, maxValues);
        return undefined;
      }
      const { code, detail } = read;
      if (code !== 'bad-request') metrics.webhooksRefused.inc({ code });
      // The rest of a body that is too long or too slow is not waited for.
      if (code !== 'overloaded') reply.header('connection', 'close');
      return sendProblem(reply, code, detail);
    },
    // Not when its connection closes: a sender that leaves has not taken its body with it.
    inTurn: (handle) => async (request, reply) => {
      const body = request.body as Body;
      const { release } = body;
      const leave = await turns.enter(becomes(body, maxAlertsPerBody));
      body.release = () => {
        body.release = nothing;
        release();
        leave();
      };
      try {
        return await handle(request, reply);
      } finally {
        body.release();
      }
    },
  };
}

function bodyOf({ bytes, held }: WholeBody, maxValues: number): Body {
  let left: Buffer | undefined = bytes;
  return {
    ...{ length: bytes.length, values: countValues(bytes, maxValues) },
    takeText: () => {
      const text = left?.toString('utf8') ?? '';
      left = undefined;
      return text;
    },
    release: () => held.release(),
  };
}

function nothing(): void {
  // It was given back before.
}
