/**
 * Where the states of the diagrams lie, and what leads from one to another. Pure; a test holds it against the machine.
 *
 * @import { FeedEvent, ReplayLine } from '../data/types.ts'
 */
import { emptyStore, withEvents } from '../data/store.js';

/** @type {Record<string, [number, number]>} left upper corner of each box of 84 × 28 */
export const stageBoxes = {
  requested: [4, 12],
  collecting: [107, 12],
  uploading: [210, 12],
  uploaded: [313, 12],
  failed: [107, 76],
  cancelled: [210, 76],
};

/** Lines of several edges lie on each other where they go the same way. */
export const stageEdges = [
  { from: 'requested', to: 'collecting', d: 'M88 26H106' },
  { from: 'collecting', to: 'uploading', d: 'M191 26H209' },
  { from: 'uploading', to: 'uploaded', d: 'M294 26H312' },
  { from: 'requested', to: 'failed', d: 'M56 40V58H149V75' },
  { from: 'collecting', to: 'failed', d: 'M149 40V75' },
  { from: 'uploading', to: 'failed', d: 'M246 40V58H149V75' },
  { from: 'requested', to: 'cancelled', d: 'M56 40V58H246V75' },
  { from: 'collecting', to: 'cancelled', d: 'M149 40V58H246V75' },
  { from: 'uploading', to: 'cancelled', d: 'M246 40V75' },
  { from: 'failed', to: 'requested', d: 'M107 90H24V41' },
  { from: 'failed', to: 'uploading', d: 'M149 104V114H322V58H278V41' },
  { from: 'cancelled', to: 'requested', d: 'M246 104V114H24V41' },
  { from: 'cancelled', to: 'uploading', d: 'M294 90H322V58H278V41' },
];

/** The machine of the pod: which events lead from one state to the other. */
export const podEdges = [
  {
    from: 'idle',
    to: 'collecting',
    events: ['CollectionRequested', 'CollectionRedriven'],
    labels: [18, 33],
    d: 'M88 50 C150 38 250 38 311 50',
  },
  {
    from: 'collecting',
    to: 'idle',
    events: ['JfrCollected', 'CollectionFailed'],
    labels: [88, 103],
    d: 'M312 62 C250 74 150 74 89 62',
  },
];

/**
 * The state of a collection after these lines of its replay; empty before the first.
 *
 * @param {string} id
 * @param {readonly ReplayLine[]} lines
 */
export function stageOf(id, lines) {
  const events = /** @type {FeedEvent[]} */ (lines.filter(({ changed }) => changed));
  return withEvents(emptyStore, events).items.get(id)?.state ?? '';
}
