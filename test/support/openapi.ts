import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** An OpenAPI document, as far as tests look into it. */
export interface OpenapiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

export interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  'x-access': string;
  parameters?: { name: string; in: string; description?: string; schema: object }[];
  responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>;
}

/** Makes a check of answers against a document: what is wrong with one, or undefined. Fields that it does not name count. */
export function createAnswerCheck(document: OpenapiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'doc', ...(closed(document) as object) });
  const compiled = new Map<string, ValidateFunction>();
  return (method: string, path: string, status: number, type: string, body: unknown): string | undefined => {
    const media = type.split(';')[0] ?? '';
    const schema = document.paths[path]?.[method]?.responses[String(status)]?.content?.[media]?.schema;
    if (!schema) return `${method} ${path} answers no ${String(status)} ${media} in the document`;
    const tokens = ['paths', path, method, 'responses', String(status), 'content', media, 'schema'];
    const pointer = tokens
      .map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const check = compiled.get(pointer) ?? ajv.compile({ $ref: `doc#/${pointer}` });
    compiled.set(pointer, check);
    return check(body) ? undefined : ajv.errorsText(check.errors);
  };
}

/** A copy in which objects have no other fields than those named, unless they say so. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isObject = copy['type'] === 'object' && 'properties' in copy && !('additionalProperties' in copy);
  return isObject ? { ...copy, additionalProperties: false } : copy;
}
