import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendRefusal } from '../http/guard/refusal.ts';
import { Accepted } from '../http/schemas/alerts.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { createInflight, type InflightOptions } from './inflight.ts';
import { type AlertSource, answerResults, createReceive, type ReceiveDeps } from './receive.ts';
import { createSync, type SyncOptions, syncSchema } from './sync.ts';

export interface IngestOptions extends ReceiveDeps, InflightOptions {
  sources: readonly AlertSource[];
  sync: SyncOptions;
}

/**
 * `POST` to the path of each source: alerts in, one AlertReceived each, appended before the answer. Where its format is
 * `alerts`, `POST` to that path and `/sync` does the same and waits for what they lead to.
 */
export function ingestRoutes(options: IngestOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { metrics, maxBodyBytes } = options;
    const inflight = createInflight(options);
    const stopping = new AbortController();
    const createSyncRoute = createSync(options.sync, { inflight, metrics, stopping: stopping.signal });
    // Whatever the sender calls it, also in a header that names no media type: a webhook's body is JSON.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maxBodyBytes }, (_request, body, parsed) =>
      parsed(null, body),
    );
    // Alerts are checked one by one, so that one malformed alert does not lose the others. The schema is for readers.
    app.setValidatorCompiler(() => () => true);
    app.addHook('onRequest', inflight.reserve);
    app.addHook('onRequest', (request, _reply, next) => {
      delete request.raw.headers['content-type'];
      next();
    });
    app.addHook('preClose', (closing) => {
      stopping.abort();
      closing();
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
      const receive = createReceive(source, options);
      const route = { bodyLimit: maxBodyBytes, config: { access: 'send' as const }, onRequest: admit };
      app.post(source.path, { ...route, schema: schemaOf(source) }, async (request, reply) => {
        const results = await receive(request, reply)?.store();
        return results ? answerResults(reply, results) : reply;
      });
      if (source.format.sync)
        app.post(`${source.path}/sync`, { ...route, schema: syncSchema(source) }, createSyncRoute(receive));
    }
    done();
  };
}

function schemaOf({ name, format }: AlertSource) {
  return {
    ...{ tags: ['alerts'], summary: format.summary, operationId: `receiveAlertsFrom_${name}` },
    description:
      'Answers 200 once every alert is on the stream. An alert is stored once for as long as the stream remembers it. ' +
      'Whatever media type the sender names, the body is JSON. Fields that are not named here are accepted.',
    body: format.body,
    response: {
      200: jsonAnswer('What became of each alert.', refTo(Accepted)),
      ...problemAnswers(
        ...([
          'not-json',
          format.fault,
          'all-alerts-rejected',
          'body-too-large',
          'too-many-alerts',
          'body-too-complex',
        ] as const),
        ...([
          'unauthorized',
          'forbidden',
          'unknown-host',
          'rate-limited',
          'overloaded',
          'stream-unavailable',
        ] as const),
      ),
    },
  };
}
