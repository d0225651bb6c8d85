import type { TSchema } from '@sinclair/typebox';
import type { TypeCheck } from '@sinclair/typebox/compiler';
import type { AlertReceivedData } from '../../events/data/alert.ts';

/** Where and when a body was received. */
export type Reception = Pick<AlertReceivedData, 'source' | 'receivedAt'>;

/** An alert that was read. */
export interface ReadAlert {
  alert: AlertReceivedData;
  /** True: `startsAt` is only when it was received, and the labels say which alert it is: whenever it comes, it is stored once. */
  once?: boolean;
}

/** One that was not, or that nobody wants. */
export interface UntakenAlert {
  result: 'rejected' | 'filtered';
  reason: string;
  fingerprint: string | null;
  alertname: string | null;
  status?: AlertReceivedData['status'];
}

export type ParsedAlert = ReadAlert | UntakenAlert;

/** The body as a whole is not what it should be. */
export interface BodyFault {
  /** JSON pointer to the fault, such as `/alerts`. */
  path: string;
  message: string;
}

export type ParsedBody = { alerts: ParsedAlert[] } | { fault: BodyFault };

/** What is wrong with a value that its schema does not take, in the words of the schema's description where it has one. */
export function firstFault(check: TypeCheck<TSchema>, value: unknown): BodyFault {
  const fault = check.Errors(value).First();
  if (!fault) return { path: '', message: 'the body is not valid' };
  const description: unknown = fault.schema['description'];
  const expected = typeof description === 'string' ? `Expected ${description}` : fault.message;
  return { path: fault.path || '/', message: expected };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text for an answer, bounded; null for what is none. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 256) : null;
}
