import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { timeOf } from '../events/instant.ts';
import { sendProblem } from '../http/problem.ts';
import { Accepted } from '../http/schemas/alerts.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { LogUnavailable } from '../log/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Accept, AlertResult } from './accept.ts';
import { AlertmanagerWebhook, parseAlertmanager, WebhookAlert } from './alertmanager.ts';

export interface IngestOptions {
  accept: Accept;
  metrics: Metrics;
  tracing: Tracing;
  maxBodyBytes: number;
  /** Of all bodies under way together; beyond it, senders are told to come back (503). */
  maxInflightBytes: number;
}

const attributes = { 'http.request.method': 'POST', 'http.route': '/webhook/alertmanager' };

/** `POST /webhook/alertmanager`: alerts in, one AlertReceived each, appended before the answer. */
export function ingestRoutes(options: IngestOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { accept, metrics, tracing, maxBodyBytes } = options;
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

    const route = { bodyLimit: maxBodyBytes, schema, config: { access: 'send' as const } };
    app.post('/webhook/alertmanager', route, async (request, reply) => {
      const text = typeof request.body === 'string' ? request.body : '';
      let body: unknown;
      try {
        body = JSON.parse(text);
      } catch (error) {
        metrics.webhooksRefused.inc({ code: 'not-json' });
        return sendProblem(
          reply,
          'not-json',
          error instanceof Error ? error.message : 'the body is not JSON',
        );
      }
      const parsed = parseAlertmanager(body, timeOf(Date.now()));
      if ('fault' in parsed) {
        metrics.webhooksRefused.inc({ code: 'not-alertmanager-v4' });
        const { path, message } = parsed.fault;
        return sendProblem(reply, 'not-alertmanager-v4', `${path}: ${message}`, { path });
      }
      let results: AlertResult[];
      try {
        const about = { traceparent: traceparentOf(request), kind: 'server' as const, attributes };
        results = await tracing.span('POST /webhook/alertmanager', about, ({ traceparent }) =>
          accept(parsed.alerts, text.length, traceparent),
        );
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        metrics.webhooksRefused.inc({ code: 'stream-unavailable' });
        request.log.error({ err: error }, 'alerts are not accepted: the stream cannot take them');
        return sendProblem(reply, 'stream-unavailable', error.message);
      }
      return answer(reply, results);
    });
    done();
  };
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

const schema = {
  ...{ operationId: 'receiveAlerts', tags: ['alerts'], summary: 'The webhook of Alertmanager' },
  description:
    'Answers 200 once every alert is on the stream. An alert is stored once for as long as the stream remembers it. ' +
    'Whatever media type the sender names, the body is JSON. Fields that are not named here are accepted.',
  body: Type.Object({ ...AlertmanagerWebhook.properties, alerts: Type.Array(WebhookAlert) }),
  response: {
    200: jsonAnswer('What became of each alert.', refTo(Accepted)),
    ...problemAnswers(
      ...(['not-json', 'not-alertmanager-v4', 'all-alerts-rejected', 'body-too-large'] as const),
      ...(['overloaded', 'stream-unavailable'] as const),
    ),
  },
};
