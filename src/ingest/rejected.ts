import type { FastifyRequest } from 'fastify';
import { peerOf } from '../http/refusals.ts';
import type { Logger } from '../telemetry/logger.ts';
import { loggable } from '../telemetry/printable.ts';
import { createThrottle } from '../telemetry/throttle.ts';
import type { AlertResult } from './accept.ts';

/** The lines about malformed alerts of bodies that were taken for the others in them. */
export interface Rejections {
  tell: (source: string, request: FastifyRequest, results: readonly AlertResult[]) => void;
  /** Writes what was only counted so far. */
  flush: () => void;
}

/** For each source, writes the first at once, and then at most one line a minute that counts the rest. */
export function createRejections(logger: Logger): Rejections {
  const throttle = createThrottle();
  return {
    tell: (source, request, results) => {
      const rejected = results.filter(({ result }) => result === 'rejected').length;
      // Where all of them are, the body is refused, and that is a line.
      if (rejected === 0 || rejected === results.length) return;
      const { id: requestId } = request;
      const peer = peerOf(request);
      for (const [index, { result, alertname, fingerprint, reason = '' }] of results.entries()) {
        if (result !== 'rejected') continue;
        throttle.tell(source, peer, (repeats) => {
          const named = {
            ...(alertname === null ? {} : { alertname: loggable(alertname) }),
            ...(fingerprint === null ? {} : { fingerprint: loggable(fingerprint) }),
          };
          const fields = { source, peer, requestId, index, ...named, detail: loggable(reason) };
          logger.warn({ ...fields, ...repeats }, sentence);
        });
      }
    },
    flush: throttle.flush,
  };
}

const sentence = 'a malformed alert of a webhook is not stored';
