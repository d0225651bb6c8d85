import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type TSchema, Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Access } from './access.ts';
import {
  eventSchemas,
  FeedEvent,
  jsonAnswer,
  NewEvent,
  Problem,
  problemAnswers,
  StoredEvent,
} from './schemas/common.ts';

const own = [Problem, NewEvent, StoredEvent, FeedEvent];

/** Nothing but what this server sends itself; the viewer sets styles on elements. */
const viewerPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ownTags = [
  { name: 'events', description: 'The stream, live.' },
  { name: 'service', description: 'For probes and monitoring.' },
];

/** What the document says of the features that have routes. */
export interface ApiDocument {
  tags: readonly { name: string; description: string }[];
  /** With ids: each stands in the document once. */
  schemas: readonly TSchema[];
}

/**
 * `GET /api/v1/openapi.json`: OpenAPI 3.1 made of the schemas of the routes, and `/docs`: a viewer of it that is served from
 * here. To be called before any route is registered.
 */
export function registerOpenapi(
  server: FastifyInstance,
  version: string,
  { tags, schemas }: ApiDocument,
): void {
  for (const schema of [...eventSchemas, ...own, ...schemas]) server.addSchema(schema);
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Alert Watcher',
        version,
        description: 'Turns alerts into evidence. See docs/http-api.md for a tour.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [...tags, ...ownTags],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'Where `access` is configured.' },
          password: {
            type: 'http',
            scheme: 'basic',
            description: 'The token as the password, with any user.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: guarded(schema, route.config?.access), url }),
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `schema-${String(index)}`,
    },
  });
  server.register((app, _, done) => {
    app.addHook('onRoute', (route) => {
      route.config = { access: 'read', ...route.config };
    });
    app.get('/api/v1/openapi.json', { schema: documentSchema }, () => server.swagger());
    app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: viewerPolicy,
      uiConfig: { docExpansion: 'list' },
    });
    done();
  });
}

/** What a route lets its caller do, and what it asks for that where tokens are configured. */
function guarded(schema: FastifySchema, access: Access | undefined): FastifySchema {
  if (access !== 'read' && access !== 'act') return { ...schema, 'x-access': access } as FastifySchema;
  const refusals = problemAnswers('unauthorized', 'forbidden', 'unknown-host');
  const response = { ...refusals, ...(schema.response as object) };
  return {
    ...schema,
    'x-access': access,
    security: [{ token: [] }, { password: [] }, {}],
    response,
  } as FastifySchema;
}

const documentSchema = {
  operationId: 'getOpenapi',
  tags: ['service'],
  summary: 'This document',
  description: 'OpenAPI 3.1, made of the schemas that requests are checked with.',
  response: { 200: jsonAnswer('The document.', Type.Object({}, { additionalProperties: true })) },
};
