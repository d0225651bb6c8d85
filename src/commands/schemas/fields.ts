import type { JsonSchema } from './json-schema.ts';

/** One field of an event's data, nested ones by their path: `plan.backoff.factor`. */
export interface Field {
  path: string;
  /** In words: `string`, `integer, at least 0`, `"firing"` or `"resolved"`. */
  type: string;
  /** May be absent; where the object has several shapes, also within its own one. */
  isOptional: boolean;
  meaning: string;
}

/** The fields of an object, in the order of its schema, each before what it holds. */
export function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix = ''): Field[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = prefix + name;
    const isOptional = !required.includes(name);
    const own: Field = { path, type: typeOf(schema), isOptional, meaning: schema.description ?? '' };
    return [own, ...fieldsWithin(schema, `${path}.`)];
  });
}

function fieldsWithin(schema: JsonSchema, prefix: string): Field[] {
  if (schema.properties) return fieldsOf(schema, prefix);
  if (schema.items) return fieldsWithin(schema.items, prefix);
  const variants = schema.anyOf?.filter(({ type }) => type === 'object') ?? [];
  return mergeConstants(variants.flatMap((variant) => fieldsOfVariant(variant, prefix)));
}

/** The fields of one of several shapes say which shape they belong to. */
function fieldsOfVariant(variant: JsonSchema, prefix: string): Field[] {
  const { properties = {} } = variant;
  const told = Object.entries(properties).find(([, { const: value }]) => value !== undefined);
  const shape = told === undefined ? '' : `${told[0]} ${JSON.stringify(told[1].const)}`;
  return fieldsOf(variant, prefix).map((field) => {
    const isTold = field.path === prefix + (told?.[0] ?? '');
    const meaning = isTold ? `${field.type}: ${field.meaning}` : `With ${shape}: ${field.meaning}`;
    return { ...field, meaning };
  });
}

function mergeConstants(fields: readonly Field[]): Field[] {
  const merged = new Map<string, Field>();
  for (const field of fields) {
    const earlier = merged.get(field.path);
    const type = earlier ? `${earlier.type} or ${field.type}` : field.type;
    const meaning = earlier ? `${earlier.meaning} ${field.meaning}` : field.meaning;
    merged.set(field.path, { ...field, type, meaning });
  }
  return [...merged.values()];
}

function typeOf(schema: JsonSchema): string {
  const { type, anyOf, const: value, items, minimum, patternProperties } = schema;
  if (value !== undefined) return JSON.stringify(value);
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (items) return `list of ${typeOf(items)}s`;
  if (patternProperties) return `object with ${Object.values(patternProperties).map(typeOf).join()} values`;
  return minimum === undefined ? (type ?? 'anything') : `${type ?? ''}, at least ${String(minimum)}`;
}
