import { Type } from '@sinclair/typebox';

/** The states of a collection. */
export const collectionStates = [
  ...(['requested', 'collecting', 'uploading'] as const),
  ...(['uploaded', 'failed', 'cancelled'] as const),
];
export type CollectionState = (typeof collectionStates)[number];

/** Nothing more happens unless somebody asks for it. */
export function hasEnded(state: string): boolean {
  return state === 'uploaded' || state === 'failed' || state === 'cancelled';
}

/** One of them, in answers of the API. */
export const State = Type.Union(collectionStates.map((state) => Type.Literal(state)));
