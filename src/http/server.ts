import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  fastify,
  LogController,
} from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import { sendProblem } from './problem.ts';

/** Alertmanager keeps idle connections for 5 minutes; whoever closes earlier makes it fail a request now and then. */
const keepAliveMs = 360_000;
/** A sender that takes longer for one request is cut off. */
const requestTimeoutMs = 60_000;

/** A request that is whole by then is answered by then: one append to JetStream takes 5 s at most. */
const closeGraceMs = 8_000;

/**
 * The HTTP server, without routes. Not listening yet. Once it closes, requests under way have a grace to end, then their
 * connections are cut: Node watches over requestTimeout no more then, and one sender that stalls would hold up the end.
 */
export function createServer(logger: Logger, graceMs = closeGraceMs): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const app: FastifyInstance = fastify({
    loggerInstance,
    // One line per request would be one per webhook: the alerts themselves are logged.
    logController: new LogController({ disableRequestLogging: true }),
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.addHook('preClose', (done) => {
    const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    app.server.once('close', () => clearTimeout(timer));
    done();
  });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 'not-found', `there is no ${request.method} ${request.url.slice(0, 200)}`),
  );
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return sendProblem(reply, 'body-too-large', error.message);
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return sendProblem(reply, 'bad-request', error.message);
    }
    request.log.error({ err: error }, 'a request failed');
    return sendProblem(reply, 'internal', 'see the log of the service');
  });
  return app;
}
