import { Type } from '@sinclair/typebox';

export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const time = (description: string) => Type.String({ description: `RFC 3339: ${description}.` });
export const argv = (description: string) =>
  Type.Array(Type.String(), {
    description: `${description} Secrets are masked (***). What is cut ends in …, and where arguments are left out the last one says how many.`,
  });
// A name may hold line breaks; the pattern that TypeBox would make skips such names.
export const labels = (description: string) =>
  Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), Type.String(), { description });
