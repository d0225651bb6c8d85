import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify';
import type { Logger } from '../telemetry/logger.ts';
import { answerClientError } from './client-error.ts';
import { type ProblemCode, sendProblem } from './problem.ts';
import { barePathOf, createRefusals, pathOf } from './refusals.ts';
import { nameRequests, requestIdHeader, requestIdOf } from './request-id.ts';
import { BadQuery } from './query.ts';
import type { TlsConfig } from './guard/options.ts';
import { readTls, renewTls } from './tls.ts';
import './access.ts';

/** Alertmanager keeps idle connections for 5 minutes; whoever closes earlier makes it fail a request now and then. */
const keepAliveMs = 360_000;
/** A sender that takes longer for one request is cut off: Alertmanager has given up by then (its default group_interval). */
const requestTimeoutMs = 300_000;
/** Largest body of a request that changes something. Alerts have their own limit (MAX_BODY_BYTES). */
const maxActionBytes = 65_536;

/** A request that is whole by then is answered by then: one append to JetStream takes 5 s at most. */
const closeGraceMs = 8_000;

export interface ServerOptions {
  graceMs?: number;
  /** True for an error that passes by itself: the log cannot be read now, say. */
  isPassing?: (error: unknown) => boolean;
  tls?: TlsConfig | undefined;
  /** Networks of the proxies whose X-Forwarded-For is believed. */
  trustedProxies?: string[];
}

/**
 * The HTTP server, without routes. Not listening yet. Once it closes, requests under way have a grace to end, then their
 * connections are cut: Node watches over requestTimeout no more then, and one sender that stalls would hold up the end.
 */
export function createServer(
  logger: Logger,
  { graceMs = closeGraceMs, isPassing = () => false, tls, trustedProxies = [] }: ServerOptions = {},
): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const refusals = createRefusals(logger);
  const answerError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
    sendError(error, request, reply, isPassing);
  const app: FastifyInstance = fastify({
    loggerInstance,
    ...(trustedProxies.length > 0 ? { trustProxy: trustedProxies } : {}),
    // Its types tell HTTP from HTTPS; no route does.
    ...((tls ? { https: readTls(tls) } : {}) as object),
    // One line per request would be one per webhook: the alerts themselves are logged.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    keepAliveTimeout: keepAliveMs,
    requestTimeout: requestTimeoutMs,
    bodyLimit: maxActionBytes,
    forceCloseConnections: 'idle',
    // Names of files in pods, percent-encoded.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1_000 },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, refusals),
    // A URL that cannot be decoded, say.
    frameworkErrors: (error, request, reply) =>
      void answerError(error, request, reply.header(requestIdHeader, request.id)),
  });
  if (tls) {
    const onError = (err: unknown) => logger.warn({ err }, 'the changed certificate cannot be used (yet)');
    renewTls(app.server, tls, onError);
  }
  app.addHook('preClose', (done) => {
    const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    app.server.once('close', () => clearTimeout(timer));
    done();
  });
  nameRequests(app);
  app.decorate('refusals', refusals);
  app.decorateRequest('client');
  app.addHook('onClose', (_app, done) => {
    refusals.flush();
    done();
  });
  guardRoutes(app);
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  // Schemas of answers describe; a field that one forgets must not get lost.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  // A page of another site can post forms and plain text to us, but not JSON.
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(answerError);
  const methodsOf = watchMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const asked = `${request.method} ${pathOf(request.url)}`;
    const methods = methodsOf(request.url);
    if (methods.length === 0) return sendProblem(reply, 'not-found', `there is no ${asked}`);
    const allow = methods.join(', ');
    return sendProblem(
      reply.header('allow', allow),
      'method-not-allowed',
      `there is no ${asked}, only ${allow}`,
    );
  });
  return app;
}

/** For whoever guards routes: one that does not say whom it is for must not be served. */
function guardRoutes(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  app.addHook('onReady', (done) => {
    const open = routes.find(({ config }) => !config?.access);
    done(open && new Error(`${String(open.method)} ${open.url} does not say whom it is for (config.access)`));
  });
}

/** The methods that routes have at the path of a URL. */
function watchMethods(app: FastifyInstance): (url: string) => string[] {
  const routes: { path: RegExp; method: string }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = url
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/:\w+/g, '[^/]+')
      .replaceAll('*', '.*');
    for (const each of [method].flat()) routes.push({ path: new RegExp(`^${pattern}/?$`), method: each });
  });
  return (url) => {
    const path = barePathOf(url);
    return [...new Set(routes.filter((route) => route.path.test(path)).map(({ method }) => method))].sort();
  };
}

const codes: Partial<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'not-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'not-json',
};

/** Their own messages quote the URL as it came. */
const urlFaults: Partial<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the URL cannot be read',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the URL is too long',
};

function sendError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  isPassing: (error: unknown) => boolean,
): FastifyReply {
  const known = codes[error.code];
  if (known) return sendProblem(reply, known, error.message);
  if (error instanceof BadQuery) {
    return sendProblem(reply, 'bad-request', error.message, {
      in: 'querystring',
      path: `/${error.parameter}`,
    });
  }
  const [fault] = error.validation ?? [];
  if (fault) {
    const path = fault.instancePath || '/';
    const where = error.validationContext ?? 'request';
    const detail = `${where}${fault.instancePath}: ${fault.message ?? 'not valid'}`;
    return sendProblem(reply, 'bad-request', detail, { in: where, path });
  }
  const ofUrl = urlFaults[error.code];
  if (ofUrl) return sendProblem(reply, 'bad-request', `${ofUrl}: ${pathOf(request.url)}`);
  if (isPassing(error)) return sendProblem(reply, 'not-ready', error.message);
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return sendProblem(reply, 'bad-request', error.message);
  }
  request.log.error({ err: error }, 'a request failed');
  return sendProblem(reply, 'internal', 'see the log of the service');
}
