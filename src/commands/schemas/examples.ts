import { readFileSync } from 'node:fs';
import { type EventType, rowOf } from '../../events/catalogue.ts';

/** A message as it may lie on the stream. */
export interface Example {
  subject: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

const folder = new URL('../../../test/fixtures/events/', import.meta.url);

/** The golden file of an event. Its source is a test: here it is the part that writes such events. */
export function exampleOf(type: EventType): Example {
  const example = JSON.parse(readFileSync(new URL(`${type}.json`, folder), 'utf8')) as Example;
  const source = { 'ce-source': `/alert-watcher/${rowOf(type).parts[0]}` };
  return { ...example, headers: { ...example.headers, ...source } };
}
