import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Names a request in its answer and in the log. */
export const requestIdHeader = 'x-request-id';

/** UUIDs, ULIDs, and what nginx, Envoy and Amazon make. */
const form = /^[A-Za-z0-9][\w.:=+@/-]{0,127}$/;

/** The id that a request brings, where it is safe in a header and in a log: up to 128 plain characters. Otherwise a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[requestIdHeader];
  return typeof given === 'string' && form.test(given) ? given : randomUUID();
}

/** Every answer names its request, as its lines in the log do. */
export function nameRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, next) => {
    reply.header(requestIdHeader, request.id);
    next();
  });
  // Node remembers an address that was asked for. A line may be about a connection that is gone by then.
  const remember = (socket: Socket) => socket.remoteAddress;
  app.server.on('connection', remember);
  app.server.on('secureConnection', remember);
}
