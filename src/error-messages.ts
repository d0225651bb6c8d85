import { type TSchema, TypeGuard } from '@sinclair/typebox';
import { DefaultErrorFunction, SetErrorFunction, ValueErrorType } from '@sinclair/typebox/errors';

/** Has TypeBox say which values it expects, where there are a few, instead of `Expected union value`. For the whole process. */
export function nameExpectedValues(): void {
  SetErrorFunction((error) => {
    const values = error.errorType === ValueErrorType.Union ? literalsOf(error.schema) : [];
    return values.length > 0 ? `Expected one of ${values.join(', ')}` : DefaultErrorFunction(error);
  });
}

function literalsOf(schema: TSchema): string[] {
  if (!TypeGuard.IsUnion(schema)) return [];
  const options = schema.anyOf.filter(TypeGuard.IsLiteral);
  return options.length === schema.anyOf.length
    ? options.map(({ const: value }) => `'${String(value)}'`)
    : [];
}
