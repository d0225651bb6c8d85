import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { timeOf } from '../events/instant.ts';
import { sendRefusal } from '../http/guard/refusal.ts';
import type { SourceGuard } from '../http/guard/source-guard.ts';
import { type ProblemCode, sendProblem } from '../http/problem.ts';
import { Accepted } from '../http/schemas/alerts.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { LogUnavailable } from '../log/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Accept, AlertResult } from './accept.ts';
import { AlertmanagerWebhook, parseAlertmanager, WebhookAlert } from './alertmanager.ts';

/** Who sends alerts, to which path, and what is asked of them. */
export interface AlertSource {
  /** `source` of the events. */
  name: string;
  path: string;
  guard: SourceGuard;
}

export interface IngestOptions {
  sources: readonly AlertSource[];
  accept: Accept;
  metrics: Metrics;
  tracing: Tracing;
  maxBodyBytes: number;
  /** Of all bodies under way together; beyond it, senders are told to come back (503). */
  maxInflightBytes: number;
}

/** `POST` to the path of each source: alerts in, one AlertReceived each, appended before the answer. */
export function ingestRoutes(options: IngestOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { metrics, maxBodyBytes } = options;
    // Whatever the sender calls it, also in a header that names no media type: a webhook's body is JSON.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBodyBytes }, (_request, body, parsed) =>
      parsed(null, body),
    );
    // Alerts are checked one by one, so that one malformed alert does not lose the others. The schema is for readers.
    app.setValidatorCompiler(() => () => true);
    app.addHook('onRequest', limitInflight(options));
    app.addHook('onRequest', (request, _reply, next) => {
      delete request.raw.headers['content-type'];
      next();
    });

    app.addHook('onError', (_request, _reply, error, next) => {
      if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
        metrics.webhooksRefused.inc({ code: 'body-too-large' });
      next();
    });

    for (const source of options.sources) {
      const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        const refusal = source.guard.admit(request);
        if (!refusal) return undefined;
        metrics.webhooksRefused.inc({ code: refusal.code });
        return sendRefusal(reply, refusal);
      };
      const config = { access: 'send' as const };
      const schema = { ...webhookSchema, operationId: `receiveAlertsFrom_${source.name}` };
      app.post(
        source.path,
        { bodyLimit: maxBodyBytes, schema, config, onRequest: admit },
        takeFrom(source, options),
      );
    }
    done();
  };
}

/** Answers 200 only when every alert of the body is on the stream, or is there already. */
function takeFrom(source: AlertSource, { accept, metrics, tracing }: IngestOptions) {
  const attributes = { 'http.request.method': 'POST', 'http.route': source.path };
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refuse = (code: ProblemCode, detail: string, more = {}) => {
      metrics.webhooksRefused.inc({ code });
      return sendProblem(reply, code, detail, more);
    };
    const text = typeof request.body === 'string' ? request.body : '';
    const refusal = source.guard.verify(request.headers, text);
    if (refusal) {
      metrics.webhooksRefused.inc({ code: refusal.code });
      return sendRefusal(reply, refusal);
    }
    const body = jsonOf(text);
    if (body instanceof Error) return refuse('not-json', body.message);
    const parsed = parseAlertmanager(body, timeOf(Date.now()), source.name);
    if ('fault' in parsed) {
      const { path, message } = parsed.fault;
      return refuse('not-alertmanager-v4', `${path}: ${message}`, { path });
    }
    try {
      const about = { traceparent: traceparentOf(request), kind: 'server' as const, attributes };
      const results = await tracing.span(`POST ${source.path}`, about, ({ traceparent }) =>
        accept(parsed.alerts, text.length, traceparent),
      );
      return await answer(reply, results);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      request.log.error({ err: error }, 'alerts are not accepted: the stream cannot take them');
      return refuse('stream-unavailable', error.message);
    }
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

function answer(reply: FastifyReply, alerts: AlertResult[]): FastifyReply {
  const count = (result: AlertResult['result']) => alerts.filter((alert) => alert.result === result).length;
  const body = { accepted: count('accepted'), duplicates: count('duplicate'), alerts };
  if (alerts.length > 0 && count('rejected') === alerts.length) {
    return sendProblem(reply, 'all-alerts-rejected', alerts[0]?.reason ?? '', body);
  }
  return reply.code(200).send(body);
}

/** Reserves a body's bytes before the first is read, and gives them back when the request is over, however it ends. */
function limitInflight({ metrics, maxBodyBytes, maxInflightBytes }: IngestOptions) {
  let inflight = 0;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const declared = Number(request.headers['content-length']);
    // Without a length (chunked) it may be as long as is allowed. Too long is answered 413 where the body is read.
    const bytes = Math.min(Number.isNaN(declared) ? maxBodyBytes : declared, maxBodyBytes);
    if (inflight + bytes > maxInflightBytes) {
      metrics.webhooksRefused.inc({ code: 'overloaded' });
      return sendProblem(reply, 'overloaded', `${String(inflight)} bytes are under way`);
    }
    inflight += bytes;
    metrics.inflightBytes.set(inflight);
    reply.raw.once('close', () => {
      inflight -= bytes;
      metrics.inflightBytes.set(inflight);
    });
    return undefined;
  };
}

const webhookSchema = {
  ...{ tags: ['alerts'], summary: 'The webhook of Alertmanager' },
  description:
    'Answers 200 once every alert is on the stream. An alert is stored once for as long as the stream remembers it. ' +
    'Whatever media type the sender names, the body is JSON. Fields that are not named here are accepted.',
  body: Type.Object({ ...AlertmanagerWebhook.properties, alerts: Type.Array(WebhookAlert) }),
  response: {
    200: jsonAnswer('What became of each alert.', refTo(Accepted)),
    ...problemAnswers(
      ...(['not-json', 'not-alertmanager-v4', 'all-alerts-rejected', 'body-too-large'] as const),
      ...(['unauthorized', 'forbidden', 'rate-limited', 'overloaded', 'stream-unavailable'] as const),
    ),
  },
};
