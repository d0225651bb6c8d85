import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exampleOf } from '../../src/commands/schemas/examples.ts';
import { type JsonSchema, schemaOf } from '../../src/commands/schemas/json-schema.ts';
import { isEventType } from '../../src/events/catalogue.ts';
import { breaksOf } from '../support/schema-changes.ts';
import { valuesOf } from '../support/schema-values.ts';

// Each folder holds the schemas as they were published with that version of the contract. Its files never change; a new
// version is a copy of streams/schemas, named in CHANGELOG.md (docs/events.md, "How the schemas change").
const folder = new URL('../fixtures/schemas/', import.meta.url);
const versions = readdirSync(folder).sort((a, b) => Number(a) - Number(b));
const newest = versions.at(-1) ?? '';
const typesOf = (version: string) =>
  readdirSync(new URL(version, folder)).map((file) => file.replace('.json', ''));
const publishedSchema = (version: string, type: string) =>
  JSON.parse(readFileSync(new URL(`${version}/${type}.json`, folder), 'utf8')) as JsonSchema;
const currentSchema = (type: string): JsonSchema => {
  if (!isEventType(type)) throw new Error(`${type} was published and is in the catalogue no more`);
  return schemaOf(type);
};

/** Every value of one schema is valid under the other. */
function expectAllValid(values: JsonSchema, schema: JsonSchema): void {
  const validate = new Ajv2020().compile(schema);
  fc.assert(
    fc.property(valuesOf(values), (value) => {
      validate(value);
      expect(validate.errors).toBeNull();
    }),
  );
}

describe.each(versions)('of version %s of the contract', (version) => {
  it.each(typesOf(version))('every stored %s is valid under the schema of today', (type) => {
    const published = publishedSchema(version, type);
    expect(breaksOf(published, currentSchema(type)).storedEvents).toEqual([]);
    expectAllValid(published, currentSchema(type));
  });
});

describe('a subscriber that was written against the newest published schemas', () => {
  it.each(typesOf(newest))('can read every %s that is written today', (type) => {
    const published = publishedSchema(newest, type);
    expect(breaksOf(published, currentSchema(type)).subscribers).toEqual([]);
    expectAllValid(currentSchema(type), published);
  });

  it.each(typesOf(newest).filter(isEventType))('finds the example of %s valid', (type) => {
    const validate = new Ajv2020().compile(publishedSchema(newest, type));
    validate(exampleOf(type).body);
    expect(validate.errors).toBeNull();
  });
});
