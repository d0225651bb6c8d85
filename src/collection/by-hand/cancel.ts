import { createEvent, type Event } from '../../events/envelope.ts';
import { just } from '../../kernel/decide/decider.ts';
import type { ByHandDeps, Refused, Why } from './by-hand.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import { own } from '../../events/own.ts';
import { hasEnded } from '../../book/collection-state.ts';

export type CancelResult = { cancelled: Event<'CollectionFailed'> } | Refused;

/**
 * Ends a collection that is under way: appends CollectionFailed with the code `cancelled`, and whoever runs its collector or
 * its upload stops when it learns of that. It can be redriven as any that failed; a recording that was made stays staged.
 * Refuses, with a reason to show, what has ended.
 */
export async function cancel(
  { board, pods, now }: ByHandDeps,
  collectionId: string,
  why: Why,
): Promise<CancelResult> {
  const summary = board.summaries.get(collectionId);
  if (!summary) return { refused: 'there is no collection with this id (any more)' };
  const { kubeContext, namespace, pod } = summary;
  const decision = await pods.decide({ kubeContext, namespace, pod }, (snapshot) => {
    const open = openIn(snapshot, collectionId);
    if (!open) return undefined;
    const { stage, run, attempts } = open;
    const error = { code: 'cancelled', message: `cancelled by ${why.by}: ${why.reason}` };
    const data = { kubeContext, namespace, pod, collectionId, run, stage, attempts, error, cancelled: why };
    return just(createEvent('CollectionFailed', data, { part: 'cancel', time: now() }));
  });
  const [event] = decision?.events ?? [];
  if (event) return { cancelled: event };
  const state = board.summaries.get(collectionId)?.state ?? summary.state;
  return { refused: hasEnded(state) ? `it has ended: it is ${state}` : 'its pod knows nothing of it' };
}

function openIn({ context: { current, uploads } }: PodSnapshot, collectionId: string) {
  if (current?.collectionId === collectionId) return { ...current, stage: 'collect' as const };
  const upload = own(uploads, collectionId);
  return upload && { ...upload, stage: 'upload' as const };
}
