import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { observeAnswers } from './answered.ts';
import { sendRefusal } from '../http/guard/refusal.ts';
import { Accepted } from './schemas.ts';
import { jsonAnswer, problemAnswers, refTo } from '../http/schemas/common.ts';
import { type BodyLimits, createBodies } from './bodies/bodies.ts';
import { type AlertSource, answerResults, createReceive, type ReceiveDeps } from './receive.ts';
import { createSync, type SyncOptions, syncSchema } from './sync.ts';

export interface IngestOptions extends Omit<ReceiveDeps & BodyLimits, 'maxValues'> {
  sources: readonly AlertSource[];
  sync: SyncOptions;
}

type Send = (error: null, answer: unknown) => void;

/** Values of a body for each alert that it may have: one has about 30. */
const valuesPerAlert = 30;

/**
 * `POST` to the path of each source: alerts in, one AlertReceived each, appended before the answer. Where its format is
 * `alerts`, `POST` to that path and `/sync` does the same and waits for what they lead to.
 */
export function ingestRoutes(options: IngestOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    const { metrics, sources, maxAlertsPerBody } = options;
    const maxValues = valuesPerAlert * maxAlertsPerBody;
    const bodies = createBodies({ ...options, maxValues }, { metrics, sources: sources.length });
    const stopping = new AbortController();
    const createSyncRoute = createSync(options.sync, { metrics, stopping: stopping.signal });
    // Bodies are read in a hook of each route, whatever their sender calls them, also in a header that names no media type.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    // Alerts are checked one by one, so that one malformed alert does not lose the others. The schema is for readers.
    app.setValidatorCompiler(() => () => true);
    app.addHook('onRequest', (request, _reply, next) => {
      delete request.raw.headers['content-type'];
      next();
    });
    app.addHook('preClose', (closing) => {
      stopping.abort();
      closing();
    });
    app.addHook('onClose', (_app, closed) => {
      bodies.stop();
      closed();
    });

    for (const source of sources) {
      const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        const refusal = source.guard.admit(request);
        if (!refusal) return undefined;
        metrics.webhooksRefused.inc({ code: refusal.code });
        return sendRefusal(reply, refusal);
      };
      const receive = createReceive(source, { ...options, maxValues });
      const route = {
        config: { access: 'send' as const, source: source.name },
        preValidation: bodies.readFor(source.name),
        onSend: (request: FastifyRequest, reply: FastifyReply, answer: unknown, send: Send) =>
          send(null, bodies.answer(source.name, request, reply, answer)),
      };
      const store = bodies.inTurn(async (request, reply) => {
        const results = await (await receive(request, reply))?.store();
        return results ? answerResults(reply, results) : reply;
      });
      const observed = (waits: boolean) => ({
        ...route,
        onRequest: [observeAnswers(metrics, { source: source.name, waits }), admit],
      });
      app.post(source.path, { ...observed(false), schema: schemaOf(source) }, store);
      if (!source.format.sync) continue;
      const wait = bodies.inTurn(createSyncRoute(receive));
      app.post(`${source.path}/sync`, { ...observed(true), schema: syncSchema(source) }, wait);
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
          'body-too-slow',
          'stream-unavailable',
        ] as const),
      ),
    },
  };
}
