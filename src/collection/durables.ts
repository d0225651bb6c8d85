import type { EventType } from '../events/catalogue.ts';
import type { DurableRow } from '../feature.ts';

/** The durable consumers of collections, each with the role that works for it. Its reactor handles the types that it reads. */
export const collectionDurables = {
  intake: {
    role: 'intake',
    parts: ['intake'],
    reads: {
      AlertReceived: { status: 'firing' },
      AlertRenewed: { status: 'firing' },
      CooldownElapsed: {},
      TargetsFound: {},
    },
  },
  targets: { role: 'collect', parts: ['collect'], reads: { TargetsRequested: {} } },
  collect: {
    role: 'collect',
    parts: ['collect'],
    reads: { CollectionRequested: {}, CollectionRedriven: {} },
  },
  upload: { role: 'upload', parts: ['upload'], reads: { JfrCollected: {}, CollectionRedriven: {} } },
} as const satisfies Record<string, DurableRow>;

type Durables = typeof collectionDurables;

/** The types that a durable consumer is given. */
export function typesOf<D extends keyof Durables>(durable: D): (keyof Durables[D]['reads'] & EventType)[] {
  return Object.keys(collectionDurables[durable].reads) as (keyof Durables[D]['reads'] & EventType)[];
}
