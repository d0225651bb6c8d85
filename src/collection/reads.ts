import type { EventType } from '../events/catalogue.ts';

type Filters = Partial<Record<EventType, Readonly<Record<string, string>>>>;

/**
 * The events that each durable consumer is given, narrowed to some tokens of their subjects. Its reactor handles these types, and
 * `streams/consumers/<durable>.json` filters by them.
 */
export const reads = {
  intake: { AlertReceived: { status: 'firing' }, AlertRenewed: { status: 'firing' }, CooldownElapsed: {} },
  collect: { CollectionRequested: {}, CollectionRedriven: {} },
  upload: { JfrCollected: {}, CollectionRedriven: {} },
} as const satisfies Record<string, Filters>;

export type Durable = keyof typeof reads;

/** The types that a durable consumer is given. */
export function typesOf<D extends Durable>(durable: D): (keyof (typeof reads)[D] & EventType)[] {
  return Object.keys(reads[durable]) as (keyof (typeof reads)[D] & EventType)[];
}
