import { createEvent, type Event } from '../../events/envelope.ts';
import { just } from '../../kernel/decide/decider.ts';
import type { ByHandDeps, Refused, Why } from './by-hand.ts';
import type { PodSnapshot } from '../pod/machine.ts';
import type { Failed } from '../pod/context.ts';
import { own } from '../../events/own.ts';

export type RedriveResult = { redriven: Event<'CollectionRedriven'> } | Refused;

/**
 * Starts a failed collection again at the stage that failed, as a new run: appends CollectionRedriven, and the reactors do
 * the rest. Refuses, with a reason to show, what has not failed or cannot start now.
 */
export async function redrive(
  { board, pods, now }: ByHandDeps,
  collectionId: string,
  why: Why,
): Promise<RedriveResult> {
  const summary = board.summaries.get(collectionId);
  if (!summary) return { refused: 'there is no collection with this id (any more)' };
  const { kubeContext, namespace, pod, state } = summary;
  if (state !== 'failed' && state !== 'cancelled') return { refused: `it has not failed: it is ${state}` };
  let refused = '';
  const decision = await pods.decide({ kubeContext, namespace, pod }, (snapshot) => {
    const failed = failedIn(snapshot, collectionId);
    if (typeof failed === 'string') {
      refused = failed;
      return undefined;
    }
    const data = {
      kubeContext,
      namespace,
      pod,
      collectionId,
      run: failed.run + 1,
      stage: failed.stage,
      ...why,
    };
    return just(createEvent('CollectionRedriven', data, { part: 'redrive', time: now() }));
  });
  const [event] = decision?.events ?? [];
  return event ? { redriven: event } : { refused };
}

function failedIn({ context }: PodSnapshot, collectionId: string): Failed | string {
  const failed = own(context.failed, collectionId);
  if (!failed) return 'it failed too long ago: a pod keeps its last five failures';
  if (failed.stage === 'collect' && context.current)
    return 'the pod is being recorded now: try again after that';
  return failed;
}
