import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Metrics } from '../telemetry/metrics.ts';
import { jsonAnswer } from './schemas/common.ts';

/** One thing that must hold before work is given to this process. Resolves to what is wrong, or undefined. */
export interface ReadyCheck {
  name: string;
  check: () => Promise<string | undefined>;
}

/** What leaves the process ready, but an operator should know: a row that cannot record, say. */
export type Detail = Static<typeof Detail>;

interface HealthOptions {
  checks: readonly ReadyCheck[];
  metrics: Metrics;
  /** Asked at each request: it must answer at once. */
  details?: () => readonly Detail[];
}

/** Probes wait for 1 s by default; one request to NATS may take 5 s. */
const checkMs = 800;

/** `GET /health` (the process lives), `GET /ready` (it can work; 503 names what is missing), `GET /metrics`. */
export function healthRoutes({ checks, metrics, details = () => [] }: HealthOptions) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get('/health', routeOf(healthSchema), () => ({ status: 'ok' }));
    app.get('/ready', routeOf(readySchema), async (_request, reply) => {
      const entries = await Promise.all(
        checks.map(async ({ name, check }) => [name, await outcome(check)] as const),
      );
      const isReady = entries.every(([, result]) => result === 'ok');
      return reply.code(isReady ? 200 : 503).send({
        status: isReady ? 'ready' : 'not-ready',
        checks: Object.fromEntries(entries),
        details: details(),
      });
    });
    app.get('/metrics', routeOf(metricsSchema), async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
    done();
  };
}

async function outcome(check: ReadyCheck['check']): Promise<string> {
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve(`no answer within ${String(checkMs / 1_000)} s`), checkMs);
  try {
    return (await Promise.race([check(), late.promise])) ?? 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function routeOf(schema: FastifySchema) {
  return { schema, config: { access: 'open' as const } };
}

const tags = ['service'];
const Detail = Type.Object({
  name: Type.String({ description: 'What it is about, such as `row crate-slow`.' }),
  sentence: Type.String({ description: 'What is wrong.' }),
  action: Type.String({ description: 'What to do about it.' }),
});
const Ready = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
  checks: Type.Record(Type.String(), Type.String(), {
    description: '`ok`, or what is missing, by what was looked at.',
  }),
  details: Type.Array(Detail, {
    description: 'What leaves the process ready, but you should know: rows that cannot record, say.',
  }),
});
const healthSchema = {
  ...{ operationId: 'getHealth', tags, summary: 'The process lives' },
  description: 'For a liveness probe: it looks at nothing else.',
  response: { 200: jsonAnswer('It does.', Type.Object({ status: Type.Literal('ok') })) },
};
const readySchema = {
  ...{ operationId: 'getReady', tags, summary: 'The process can work' },
  description:
    'For a readiness probe: NATS, the stream, whether it stores what is written to it, its consumers, and the board. It ' +
    'answers within 1 s: a check without a result by then says so.',
  response: { 200: jsonAnswer('It can.', Ready), 503: jsonAnswer('It cannot: see `checks`.', Ready) },
};
const metricsSchema = {
  ...{ operationId: 'getMetrics', tags, summary: 'Metrics of this process' },
  description: 'In the text format of Prometheus.',
  response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
};
