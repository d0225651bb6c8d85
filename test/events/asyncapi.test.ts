import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleOf } from '../../src/commands/schemas/examples.ts';
import { fieldsOf } from '../../src/commands/schemas/fields.ts';
import { generatedFiles } from '../../src/commands/schemas/files.ts';
import { withEventSections } from '../../src/commands/schemas/event-sections.ts';
import { schemaOf } from '../../src/commands/schemas/json-schema.ts';
import { notes } from '../../src/events/notes/notes.ts';
import { eventTypes } from '../../src/events/catalogue.ts';

interface Message {
  headers: object;
  payload: object;
  examples: { headers: unknown; payload: unknown }[];
}
interface AsyncApi {
  info: { version: string };
  channels: Record<string, { address: string; parameters: Record<string, { examples: string[] }> }>;
  operations: Record<string, { action: string; tags: { name: string }[] }>;
  components: { messages: Record<string, Message>; schemas: object };
}

const file = new URL('../../streams/asyncapi.yaml', import.meta.url);
const document = parse(readFileSync(file, 'utf8')) as AsyncApi;

const generated = [...(await generatedFiles())].map(([url, text]) => ({
  name: url.pathname.split('/').slice(-2).join('/'),
  url,
  text,
}));
it.each(generated)('$name is as `npm run schemas` writes it', ({ url, text }) => {
  expect(readFileSync(url, 'utf8')).toBe(text);
});

describe('streams/asyncapi.yaml', () => {
  it('is valid by the schema of AsyncAPI 3.0.0', () => {
    // It brings its own copy of the schema of schemas.
    const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
    addFormats.default(ajv);
    const validate = ajv.compile(specs.schemas['3.0.0'] as object);
    validate(document);
    expect(validate.errors).toBeNull();
    expect(validate({ ...document, operations: { shout: { action: 'shout' } } })).toBe(false);
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    const target = (path: string) =>
      path
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    expect(references.length).toBeGreaterThan(3 * eventTypes.length);
    expect(references.filter((path) => target(path) === undefined)).toEqual([]);
  });

  it('has a channel, a message and an operation for each event, and no others', () => {
    expect(Object.keys(document.channels)).toEqual(eventTypes);
    expect(Object.keys(document.components.messages)).toEqual(eventTypes);
    expect(Object.keys(document.operations)).toEqual(eventTypes.map((type) => `send${type}`));
  });

  it('carries the version of the newest published schemas', () => {
    const versions = readdirSync(new URL('../fixtures/schemas/', import.meta.url)).map(Number);
    expect(document.info.version.split('.')[0]).toBe(String(Math.max(...versions)));
  });
});

describe.each(eventTypes)('%s', (type) => {
  it('has an example that its message allows, headers and payload', () => {
    const message = document.components.messages[type];
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    const resolvable = (schema: object | undefined) => ({ ...schema, components: document.components });
    for (const part of ['headers', 'payload'] as const) {
      const validate = ajv.compile(resolvable(message?.[part]));
      validate(message?.examples[0]?.[part]);
      expect(validate.errors).toBeNull();
    }
  });

  it('has its example on the address of its channel', () => {
    const { address = '', parameters = {} } = document.channels[type] ?? {};
    const subject = address.replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) => parameters[name]?.examples[0] ?? '',
    );
    expect(subject).toBe(exampleOf(type).subject);
  });

  it('has the id that the notes say', () => {
    // Nothing but the parts in <> means anything to a regular expression.
    const form = new RegExp(`^${notes[type].id.replaceAll(/<[^>]+>/g, '.+')}$`);
    expect(exampleOf(type).headers['ce-id']).toMatch(form);
  });

  it('has a description for itself and for each of its fields', () => {
    const schema = schemaOf(type);
    expect(schema.description).toBeTruthy();
    expect(fieldsOf(schema).filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});

describe('the fields of a schema', () => {
  it('are named by their path, with the shape that they belong to', () => {
    const fields = fieldsOf(schemaOf('CollectionRequested')).filter(({ path }) =>
      /^plan\.(backoff|destination)/.test(path),
    );
    expect(fields.map(({ path, type, isOptional }) => [path, type, isOptional])).toEqual([
      ['plan.backoff', 'object', false],
      ['plan.backoff.initialSeconds', 'number, at least 0', false],
      ['plan.backoff.factor', 'number, at least 1', false],
      ['plan.backoff.maxSeconds', 'number, at least 0', false],
      ['plan.destination', 'object', false],
      ['plan.destination.type', '"s3" or "object-store"', false],
      ['plan.destination.bucket', 'string', false],
      ['plan.destination.prefix', 'string', true],
      ['plan.destination.endpoint', 'string', true],
      ['plan.destination.region', 'string', true],
      ['plan.destination.forcePathStyle', 'boolean', true],
      ['plan.destination.serverSideEncryption', '"AES256" or "aws:kms" or "aws:kms:dsse"', true],
      ['plan.destination.kmsKeyId', 'string', true],
    ]);
    expect(fields.find(({ path }) => path.endsWith('.bucket'))?.meaning).toMatch(/^With type "s3": /);
  });
});

it('a document without the markers is refused, and not overwritten', () => {
  expect(() => withEventSections('# Events\n')).toThrow(RangeError);
});
