import type { FastifyRequest } from 'fastify';
import { peerOf } from '../../http/refusals.ts';
import { fieldsAbout, type Logger, type LogSubject } from '../../telemetry/logger.ts';
import { loggable } from '../../telemetry/printable.ts';
import type { Refused, Why } from '../by-hand/by-hand.ts';

/** What somebody asked for, and what became of it. */
export interface AskedFor extends Why {
  action: 'start' | 'redrive' | 'cancel';
  /** The pod, or the collection. */
  about: LogSubject;
  /** Only of a start. */
  rule?: string | undefined;
  durationSeconds?: number | undefined;
}

/** The log of who asked for what by hand: one line for each request that was let in and is valid. */
export interface ActionLog {
  tell: (
    request: FastifyRequest,
    asked: AskedFor,
    outcome: 'done' | 'started' | 'attached' | Refused,
  ) => void;
}

export function createActionLog(logger: Logger): ActionLog {
  return {
    tell: (request, { action, about, by, reason, rule, durationSeconds }, outcome) => {
      const { client = 'anonymous', id: requestId } = request;
      const said = {
        ...{ by: loggable(by), reason: loggable(reason), durationSeconds },
        ...(rule === undefined ? {} : { rule: loggable(rule) }),
      };
      const became =
        typeof outcome === 'string' ? { outcome } : { outcome: 'refused', detail: loggable(outcome.refused) };
      const who = { client, peer: peerOf(request), requestId };
      logger.info({ ...fieldsAbout(about), ...who, action, ...said, ...became }, sentences[action]);
    },
  };
}

const sentences = {
  start: 'a recording was asked for by hand',
  redrive: 'a redrive was asked for',
  cancel: 'a cancellation was asked for',
};
