import type { Static, TSchema } from '@sinclair/typebox';

/** What a token of a subject means. */
export interface Token {
  description: string;
  /** Where it can be nothing else. */
  enum?: string[];
}

/** Events that share the shape of their subjects: `aw.<name>.<tokens…>.<EventType>`. */
export interface Family<Name extends string = string> {
  name: Name;
  /** The tokens in their order, as people call them. */
  tokens: Readonly<Record<string, Token>>;
}

/** One row of the contract: where an event belongs, who writes it, the shape of its data, and what follows from that. */
export interface Row<Schema extends TSchema = TSchema, Name extends string = string> {
  family: Family<Name>;
  /** The parts of the service that write it, as in ce-source; the first one stands in examples. */
  parts: readonly [string, ...string[]];
  /** Tokens that are the same in all of its subjects. */
  fixed?: Readonly<Record<string, string>>;
  /**
   * The NATS server appends it when a timer goes off, without Nats-Msg-Id. `replaced`: where the timer did not go off, a
   * process appends it.
   */
  timer?: 'server' | 'replaced';
  data: Schema;
  /** On the family's tokens. Throws RangeError where the data names none. */
  subject: (data: Static<Schema>) => string;
  /** `causeId` is the id of the event that it was decided from; events within a collection don't use it. */
  id: (data: Static<Schema>, causeId: string) => string;
}

/** Checks a row, and keeps its own types. */
export const define = <Schema extends TSchema, Name extends string>(
  row: Row<Schema, Name>,
): Row<Schema, Name> => row;

/** How tokens are written that may hold anything. */
export const encoded = 'percent-encoded outside [A-Za-z0-9_-]';
