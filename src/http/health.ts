import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../telemetry/metrics.ts';

/** One thing that must hold before work is given to this process. Resolves to what is wrong, or undefined. */
export interface ReadyCheck {
  name: string;
  check: () => Promise<string | undefined>;
}

/** `GET /health` (the process lives), `GET /ready` (it can work; 503 names what is missing), `GET /metrics`. */
export function healthRoutes({ checks, metrics }: { checks: readonly ReadyCheck[]; metrics: Metrics }) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/health', { config: { access: 'open' } }, () => ({ status: 'ok' }));
    app.get('/ready', { config: { access: 'open' } }, async (_request, reply) => {
      const entries = await Promise.all(
        checks.map(async ({ name, check }) => [name, await outcome(check)] as const),
      );
      const isReady = entries.every(([, result]) => result === 'ok');
      return reply
        .code(isReady ? 200 : 503)
        .send({ status: isReady ? 'ready' : 'not-ready', checks: Object.fromEntries(entries) });
    });
    app.get('/metrics', { config: { access: 'open' } }, async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
    done();
  };
}

async function outcome(check: ReadyCheck['check']): Promise<string> {
  try {
    return (await check()) ?? 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
