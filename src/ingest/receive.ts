import type { FastifyReply, FastifyRequest } from 'fastify';
import { timeOf } from '../events/instant.ts';
import { sendRefusal } from '../http/guard/refusal.ts';
import type { SourceGuard } from '../http/guard/source-guard.ts';
import { type ProblemCode, sendProblem } from '../http/problem.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { LogUnavailable } from '../log/errors.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Accept, AlertResult } from './accept.ts';
import type { Format } from './formats/formats.ts';
import type { Body } from './bodies/bodies.ts';
import { isRecord, type ParsedAlert } from './formats/parsed.ts';
import type { Redaction } from './redact/redaction.ts';
import type { Rejections } from './rejected.ts';
import { siftAll, withoutQuote } from './sift.ts';

/** Who sends alerts, to which path, and what is asked of them. */
export interface AlertSource {
  /** `source` of the events. */
  name: string;
  path: string;
  guard: SourceGuard;
  format: Format;
  /** False: such alerts of this source are not stored. */
  isWanted: (labels: Readonly<Record<string, string>>) => boolean;
}

export interface ReceiveDeps {
  accept: Accept;
  /** Told of the alerts of each body that was taken, also of those that nobody wants. */
  heard: (source: string, alerts: readonly ParsedAlert[]) => void;
  /** More alerts in one body, or more values of JSON, are refused as a whole. */
  maxAlertsPerBody: number;
  maxValues: number;
  /** What of the alerts is not stored; absent: all of it is. */
  redaction?: Redaction | undefined;
  metrics: IngestMetrics;
  rejections: Pick<Rejections, 'tell'>;
  tracing: Tracing;
}

/** A body that was read. */
export interface Received {
  alerts: ParsedAlert[];
  /** Puts them on the stream; resolves when the server has them all. Undefined: it could not, and that is answered. */
  store: () => Promise<AlertResult[] | undefined>;
}

export type Receive = (request: FastifyRequest, reply: FastifyReply) => Promise<Received | undefined>;

/** Reads the bodies of a source. Undefined: it is no good, and that is answered. */
export function createReceive(
  source: AlertSource,
  { accept, heard, maxAlertsPerBody, maxValues, redaction, metrics, rejections, tracing }: ReceiveDeps,
): Receive {
  const { format, guard, path: route } = source;
  const attributes = { 'http.request.method': 'POST', 'http.route': route };
  const refuse = (reply: FastifyReply, code: ProblemCode, detail: string, more = {}) => {
    metrics.webhooksRefused.inc({ code });
    sendProblem(reply, code, detail, more);
  };
  return async (request, reply) => {
    const { takeText, values } = request.body as Body;
    const text = takeText();
    const refusal = guard.verify(request.headers, text);
    if (refusal) {
      metrics.webhooksRefused.inc({ code: refusal.code });
      sendRefusal(reply, refusal);
      return undefined;
    }
    if (values > maxValues) {
      refuse(reply, 'body-too-complex', `it has more than ${String(maxValues)} values: ${advice}`);
      return undefined;
    }
    const body = jsonOf(text);
    if (body instanceof Error) {
      refuse(reply, 'not-json', redaction ? withoutQuote(body.message) : body.message);
      return undefined;
    }
    const count = alertsIn(body);
    if (count > maxAlertsPerBody) {
      refuse(reply, 'too-many-alerts', `it has ${String(count)}, and ${String(maxAlertsPerBody)} are the most: ${advice}`); // prettier-ignore
      return undefined;
    }
    const parsed = format.parse(body, {
      source: source.name,
      receivedAt: timeOf(Date.now()),
      idempotencyKey: guard.idempotencyKey(request.headers, text),
    });
    if ('fault' in parsed) {
      const { path, message } = parsed.fault;
      refuse(reply, format.fault, `${path}: ${message}`, { path });
      return undefined;
    }
    const alerts = await siftAll(parsed.alerts, source, redaction);
    const about = { traceparent: traceparentOf(request), kind: 'server' as const, attributes };
    const store = async () => {
      try {
        const results = await tracing.span(`POST ${route}`, about, ({ traceparent }) =>
          accept(alerts, text.length * format.growth, { traceparent, requestId: request.id }),
        );
        heard(source.name, parsed.alerts);
        rejections.tell(source.name, request, results);
        metrics.alertsRejected.inc({ source: source.name }, rejectedIn(results));
        if (isAllRejected(results)) metrics.webhooksRefused.inc({ code: 'all-alerts-rejected' });
        return results;
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        refuse(reply, 'stream-unavailable', error.message);
        return undefined;
      }
    };
    return { alerts, store };
  };
}

/** Answers 200, or 400 where no alert of a body could be read. `more` are further members of the answer. */
export function answerResults(
  reply: FastifyReply,
  alerts: readonly AlertResult[],
  status = 200,
  more: object = {},
): FastifyReply {
  const count = (result: AlertResult['result']) => alerts.filter((alert) => alert.result === result).length;
  const counts = {
    ...{ accepted: count('accepted'), renewed: count('renewed') },
    ...{ duplicates: count('duplicate'), filtered: count('filtered') },
  };
  const body = { ...counts, alerts, ...more };
  if (isAllRejected(alerts)) {
    return sendProblem(reply, 'all-alerts-rejected', alerts[0]?.reason ?? '', body);
  }
  return reply.code(status).send(body);
}

function isAllRejected(alerts: readonly AlertResult[]): boolean {
  return alerts.length > 0 && rejectedIn(alerts) === alerts.length;
}

function rejectedIn(alerts: readonly AlertResult[]): number {
  return alerts.filter(({ result }) => result === 'rejected').length;
}

export function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  return [headers[name]].flat()[0];
}

function alertsIn(body: unknown): number {
  const alerts = isRecord(body) ? body['alerts'] : body;
  return Array.isArray(alerts) ? alerts.length : 0;
}

const advice =
  'send fewer alerts at once (in Alertmanager: max_alerts of the webhook_config, or more labels in group_by)';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
