import { Type } from '@sinclair/typebox';

export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const time = (description: string) => Type.String({ description: `RFC 3339: ${description}.` });
// A name may hold line breaks; the pattern that TypeBox would make skips such names.
export const labels = (description: string) =>
  Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String(), { description });
