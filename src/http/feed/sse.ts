import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import { requestIdHeader } from '../request-id.ts';

/** An answer that goes on: Server-Sent Events (WHATWG HTML, 9.2). */
export interface Sse {
  /** Writes. False: the client has not taken what was written before; more should wait for `room`. */
  write: (text: string) => boolean;
  /** Resolves when the client has taken what was written; one that takes nothing for too long is cut off. */
  room: () => Promise<void>;
  /** Aborted when the client is gone, was cut off, or `end` was called. */
  signal: AbortSignal;
  end: () => void;
  /** Bytes that wait in this process for the client. */
  waitingBytes: () => number;
}

export interface SseOptions {
  /** Bytes that may wait in this process for one client. */
  maxWaitingBytes: number;
  /** A client that takes nothing for so long is cut off. */
  stallMs: number;
}

/** Takes the answer out of fastify's hands and begins the stream of events. */
export function openSse(reply: FastifyReply, { maxWaitingBytes, stallMs }: SseOptions): Sse {
  reply.hijack();
  const { raw, request } = reply;
  const over = new AbortController();
  raw.once('close', () => over.abort());
  raw.on('error', () => over.abort());
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    [requestIdHeader]: request.id,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A proxy that collects the answer before it passes it on would pass nothing on.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  return {
    write: (text) => {
      if (!over.signal.aborted) raw.write(text);
      return raw.writableLength <= maxWaitingBytes;
    },
    room: async () => {
      if (over.signal.aborted || !raw.writableNeedDrain) return;
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(stallMs)]);
      await once(raw, 'drain', { signal }).catch(() => raw.destroy());
    },
    signal: over.signal,
    end: () => {
      over.abort();
      raw.end();
    },
    waitingBytes: () => raw.writableLength,
  };
}
