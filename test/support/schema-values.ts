import fc from 'fast-check';
import type { JsonSchema } from '../../src/commands/schemas/json-schema.ts';

/** Values that are valid under a schema, of all shapes that it allows; with no fields but those that it names. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { anyOf, const: value, minimum, items } = schema;
  if (anyOf) return fc.oneof(...anyOf.map(valuesOf));
  if (value !== undefined) return fc.constant(value);
  const least = minimum === undefined ? {} : { min: minimum };
  switch (schema.type) {
    case 'string':
      return fc.string();
    case 'integer':
      return fc.integer(least);
    case 'number':
      return fc.double({ ...least, noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(items ? valuesOf(items) : fc.jsonValue(), { maxLength: 3 });
    default:
      return objectsOf(schema);
  }
}

function objectsOf({ properties = {}, required = [], patternProperties = {} }: JsonSchema) {
  const [value] = Object.values(patternProperties);
  if (value) return fc.dictionary(fc.string(), valuesOf(value), { maxKeys: 3 });
  const fields = Object.entries(properties).map(([name, field]) => [name, valuesOf(field)] as const);
  return fc.record<Record<string, unknown>, string>(Object.fromEntries(fields), { requiredKeys: required });
}

const names = ['a', 'b', 'c', 'd'];
const literals = fc
  .constantFrom('x', 'y', 'z')
  .map((value): JsonSchema => ({ type: 'string', const: value }));

/** Schemas of the subset that the catalogue makes use of. */
export const schemas: fc.Arbitrary<JsonSchema> = fc.letrec<{ any: JsonSchema; object: JsonSchema }>(
  (tie) => ({
    any: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<JsonSchema>(
        { type: 'string' },
        { type: 'boolean' },
        { type: 'integer' },
        { type: 'number' },
      ),
      fc.integer({ min: -1, max: 1 }).map((minimum): JsonSchema => ({ type: 'integer', minimum })),
      literals,
      fc
        .uniqueArray(literals, { minLength: 1, maxLength: 3, selector: (each) => each.const })
        .map((anyOf) => ({ anyOf })),
      tie('any').map((items): JsonSchema => ({ type: 'array', items })),
      tie('any').map((value): JsonSchema => ({
        type: 'object',
        patternProperties: { '^[\\s\\S]*$': value },
      })),
      fc.array(tie('object'), { minLength: 1, maxLength: 2 }).map((anyOf) => ({ anyOf })),
      tie('object'),
    ),
    object: fc
      .dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 3, noNullPrototype: true })
      .chain((properties) =>
        fc
          .subarray(Object.keys(properties))
          .map((required): JsonSchema => ({ type: 'object', properties, required })),
      ),
  }),
).any;

/** A schema with one change in it, somewhere: one that breaks nothing, or one that does. */
export function changed(schema: JsonSchema): fc.Arbitrary<JsonSchema> {
  const { anyOf, items, properties } = schema;
  const other = schemas;
  if (properties) return changedFields(schema, properties);
  if (items)
    return fc.oneof(
      other,
      changed(items).map((each): JsonSchema => ({ ...schema, items: each })),
    );
  if (anyOf) {
    const fewer = fc.subarray(anyOf, { minLength: 1 });
    return fc.oneof(other, fewer.map((some): JsonSchema => ({ anyOf: some })), other.map((each): JsonSchema => ({ anyOf: [...anyOf, each] }))); // prettier-ignore
  }
  return other;
}

function changedFields(schema: JsonSchema, properties: Record<string, JsonSchema>): fc.Arbitrary<JsonSchema> {
  const { required = [] } = schema;
  return fc.constantFrom(...names).chain((name) => {
    const { [name]: own, ...rest } = properties;
    const without = required.filter((each) => each !== name);
    const dropped: JsonSchema = { ...schema, properties: rest, required: without };
    const as = (field: fc.Arbitrary<JsonSchema>, always: string[]) =>
      field.map((each): JsonSchema => ({
        ...schema,
        properties: { ...properties, [name]: each },
        required: always,
      }));
    if (!own) return fc.oneof(as(schemas, without), as(schemas, [...without, name]));
    const toggled = required.includes(name) ? without : [...without, name];
    return fc.oneof(fc.constant(dropped), as(fc.constant(own), toggled), as(changed(own), required));
  });
}
