import { Type } from '@sinclair/typebox';

export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const time = (description: string) => Type.String({ description: `RFC 3339: ${description}.` });
