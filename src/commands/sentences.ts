import type { EventType } from '../events/catalogue.ts';
import type { AnyEvent, Event } from '../events/envelope.ts';
import { sentences } from '../features.ts';

/** What an event says, in a few words. May hold anything that a label can hold. */
export function sentenceOf(event: Event): string {
  const { type, data }: AnyEvent = event;
  return (sentences[type as EventType] as (data: object) => string)(data);
}
