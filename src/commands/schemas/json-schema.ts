import type { EventType } from '../../events/catalogue.ts';
import { jsonSchemaOf } from '../../events/envelope.ts';

/** A JSON schema, as far as the catalogue makes use of it. */
export interface JsonSchema {
  $schema?: string;
  title?: string;
  description?: string;
  type?: 'object' | 'string' | 'integer' | 'number' | 'boolean' | 'array';
  const?: string | number | boolean;
  minimum?: number;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  /** Names of the properties that are always there. */
  required?: string[];
  /** A record: one pattern that all names match. */
  patternProperties?: Record<string, JsonSchema>;
}

/** The schema of an event's data, as it stands in `streams/schemas`. */
export function schemaOf(type: EventType): JsonSchema {
  return jsonSchemaOf(type);
}
