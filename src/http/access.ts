/**
 * What a route lets its caller do: `open` is for probes, `send` brings alerts in, `read` shows, `act` changes something.
 * Every route says it in its config, for whoever guards them.
 */
export type Access = 'open' | 'send' | 'read' | 'act';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}
