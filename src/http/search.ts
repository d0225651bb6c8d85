import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { jsonAnswer, problemAnswers } from './schemas/common.ts';

/** The kinds of what is found, in the order of the answer. */
const kinds = ['pod', 'collection', 'alertname', 'namespace', 'alert'] as const;

const Found = Type.Object({
  kind: Type.Union(kinds.map((kind) => Type.Literal(kind))),
  text: Type.String({ description: 'What begins as it was asked for.' }),
  detail: Type.String({ description: 'What else to show of it.' }),
  id: Type.Optional(Type.String({ description: 'Of a collection or an alert.' })),
  kubeContext: Type.Optional(Type.String()),
  namespace: Type.Optional(Type.String()),
  pod: Type.Optional(Type.String()),
  fingerprint: Type.Optional(Type.String({ description: 'Of an alert.' })),
});

/** One thing that a search has found. */
export type Found = Static<typeof Found>;

/** What is searched for. */
export interface Sought {
  /** The beginning of a text, in small letters. */
  prefix: string;
  /** At most so many of each kind. */
  limit: number;
}

const Query = Type.Object(
  {
    q: Type.String({
      ...{ minLength: 1, maxLength: 256 },
      description: 'The beginning of what is searched for, in small or capital letters.',
    }),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Items of the answer.' }),
    ),
  },
  { additionalProperties: false },
);

/** Somebody is typing. */
const patienceMs = 1_000;

/** `GET /api/v1/search`: what the features find, the best first. */
export function searchRoutes(searches: readonly ((sought: Sought) => Promise<Found[]>)[]) {
  return (app: FastifyInstance, _: unknown, done: () => void): void => {
    app.get<{ Querystring: Static<typeof Query> }>(
      '/api/v1/search',
      { schema: searchSchema, config: { access: 'read' } },
      async (request) => {
        const { q, limit = 20 } = request.query;
        const sought = { prefix: q.trim().toLowerCase(), limit };
        if (sought.prefix === '') return { items: [] };
        const parts = await Promise.all(searches.map((search) => inTime(search(sought))));
        return { items: bestFirst(parts.flat(), sought) };
      },
    );
    done();
  };
}

async function inTime(part: Promise<Found[]>): Promise<Found[]> {
  const late = Promise.withResolvers<Found[]>();
  const timer = setTimeout(() => late.resolve([]), patienceMs);
  try {
    return await Promise.race([part, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Exact ones first, then by their kind; each once. Pure. */
export function bestFirst(all: readonly Found[], { prefix, limit }: Sought): Found[] {
  const once = new Map(all.map((found) => [JSON.stringify([found.kind, found.text, placeOf(found)]), found]));
  const rank = ({ kind, text }: Found) =>
    kinds.indexOf(kind) + (text.toLowerCase() === prefix ? 0 : kinds.length);
  return [...once.values()].sort((a, b) => rank(a) - rank(b)).slice(0, limit);
}

/** What tells two of one name apart. */
function placeOf({ kind, id, kubeContext, namespace }: Found): unknown {
  if (kind === 'pod') return [kubeContext, namespace];
  return kind === 'namespace' ? kubeContext : id;
}

const searchSchema = {
  ...{
    operationId: 'search',
    tags: ['service'],
    summary: 'Pods, namespaces, alerts and collections by prefix',
  },
  description:
    'What begins as `q` does: exact ones first, then pods, collections, names of alerts, namespaces and alerts (fingerprint or ' +
    'id), the newest of each first. What is not found within 1 s is left out.',
  querystring: Query,
  response: {
    200: jsonAnswer('What was found.', Type.Object({ items: Type.Array(Found) })),
    ...problemAnswers('bad-request'),
  },
};
