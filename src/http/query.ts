import { Type } from '@sinclair/typebox';

import { millisOf } from '../events/instant.ts';
import { parseTime } from '../events/point.ts';

const defaultLimit = 50;

interface PageQuery {
  limit?: number | undefined;
  after?: number | undefined;
}

/** What every list understands. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 200, default: defaultLimit, description: 'Items of a page.' }),
  ),
  after: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: '`next` of the page before. It stays right while new ones arrive.',
    }),
  ),
};

const timeForms = 'RFC 3339, or `90m`, `24h`, `7d` ago; inclusive';

export const timeQuery = (what: string) => ({
  since: Type.Optional(Type.String({ description: `${what} then or later: ${timeForms}.` })),
  until: Type.Optional(Type.String({ description: `${what} then or earlier: ${timeForms}.` })),
});

/** What a request is at fault with, for a problem. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(`${parameter}: ${message}`);
    this.parameter = parameter;
  }
}

/** Reads the parts that are the same in every list. */
export function pageOf({ limit = defaultLimit, after }: PageQuery) {
  return { limit, before: after };
}

/** Reads `since` or `until` as RFC 3339. Throws BadQuery. */
export function timeIn(parameter: string, text: string | undefined, now: string): string | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text, now);
  if (time === undefined) throw new BadQuery(parameter, 'Expected an RFC 3339 time, or 90m, 24h, 7d');
  return time;
}

/** The same in milliseconds since 1970. */
export function millisIn(parameter: string, text: string | undefined, now: string): number | undefined {
  const time = timeIn(parameter, text, now);
  return time === undefined ? undefined : millisOf(time);
}

/** `next` of an answer: a sequence, which is `after` of the next page. */
export const next = Type.Optional(
  Type.Integer({ minimum: 0, description: '`after` of the next page. Absent: there is none.' }),
);
