import { stringify } from 'yaml';
import { addressOf, type EventType, eventTypes, rowOf } from '../../events/catalogue.ts';
import { exampleOf } from './examples.ts';
import { headersOf, headersSchema } from './asyncapi-headers.ts';
import { type JsonSchema, schemaOf } from './json-schema.ts';
import { notes } from '../../events/notes/notes.ts';
import { parametersOf } from './asyncapi-parameters.ts';

/** Its first number is the folder of the published schemas in test/fixtures/schemas. */
const contractVersion = '1.0.0';

/** The text of `streams/asyncapi.yaml`: AsyncAPI 3.0, one channel, message and operation for each event. */
export function asyncApi(): string {
  const each = <T>(make: (type: EventType) => T) =>
    Object.fromEntries(eventTypes.map((type) => [type, make(type)]));
  const document = {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    servers: { nats: server },
    channels: each(channelOf),
    operations: Object.fromEntries(eventTypes.map((type) => [`send${type}`, operationOf(type)])),
    components: {
      messages: each(messageOf),
      schemas: { CloudEventHeaders: headersSchema },
      correlationIds: {
        collection: {
          description: 'All events of one collection.',
          location: '$message.payload#/collectionId',
        },
      },
    },
  };
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, singleQuote: true });
  return `# Written by \`npm run schemas\` from src/events/catalogue.ts. What it means: docs/events.md\n${text}`;
}

const info = {
  title: 'Alert Watcher events',
  version: contractVersion,
  description:
    'What Alert Watcher writes to the JetStream stream ALERT_WATCHER (subjects aw.>). Read it with a durable consumer: a plain NATS subscription also sees what the stream refused, and not what the server itself appends. Guarantees, retention and how the schemas may change: docs/events.md. Timers and probes (aw.schedule.>) are no events and are not described here.',
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
};

const server = {
  host: '{host}',
  protocol: 'nats',
  title: 'The NATS server of the service',
  description: 'nats-server 2.12 or later with JetStream.',
  variables: {
    host: {
      default: '127.0.0.1:4222',
      description: 'NATS_URL of the service; without one, its embedded server on loopback.',
    },
  },
  bindings: { nats: {} },
};

function channelOf(type: EventType) {
  return {
    address: addressOf(type),
    title: type,
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
    parameters: parametersOf(type, exampleOf(type).subject),
    bindings: { nats: {} },
  };
}

function operationOf(type: EventType) {
  const { parts } = rowOf(type);
  const { written } = notes[type];
  return {
    action: 'send',
    channel: { $ref: `#/channels/${type}` },
    title: `${type}, written by ${parts.join(' or ')}`,
    summary: `Written by ${parts.join(' or ')}, ${written}`,
    tags: parts.map((name) => ({ name })),
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
    bindings: { nats: { bindingVersion: '0.1.0' } },
  };
}

function messageOf(type: EventType) {
  const { headers, body } = exampleOf(type);
  // The dialect of payloads here is AsyncAPI's own, which has all that the catalogue makes use of.
  const { $schema: _dialect, ...payload }: JsonSchema = schemaOf(type);
  const isOfCollection = payload.properties?.['collectionId'] !== undefined;
  return {
    name: type,
    title: type,
    summary: payload.description,
    contentType: 'application/json',
    headers: headersOf(type),
    payload,
    ...(isOfCollection ? { correlationId: { $ref: '#/components/correlationIds/collection' } } : {}),
    examples: [{ name: type, headers, payload: body }],
  };
}
