import type { LeftOut, TargetsRequestedData } from '../../events/data/targets.ts';
import { collectionIdOf } from '../../events/ids.ts';
import { podSubject, type StatefulSet } from '../../events/subjects.ts';
import type { PodBoard } from '../pod/board.ts';
import { type FoundPods, leaveOut } from './pods.ts';

interface Asked extends StatefulSet {
  state: Pick<TargetsRequestedData, 'trigger' | 'plan'>;
}

/**
 * Without the pods that need no other recording. An alert is told again and decided anew because a recording of one of its pods
 * failed (`trigger.repeat`): those of the others stand.
 */
export function withoutAnswered(
  board: Pick<PodBoard, 'entry' | 'summaries'>,
  { kubeContext, namespace, state: { trigger, plan } }: Asked,
  found: FoundPods,
): FoundPods {
  if (trigger.repeat === undefined) return found;
  const { retryOnRepeat = 0 } = plan;
  return leaveOut(found, (pod): LeftOut | undefined => {
    const { decided } = board.entry(podSubject({ kubeContext, namespace, pod })).state.context;
    const ofAlert = decided.filter((id) => id.startsWith(`${trigger.alertId}@`));
    if (ofAlert.some((id) => isAnswer(board, id)))
      return {
        pod,
        reason: 'answered',
        message: 'a recording of it was requested for this alert, and has not failed',
      };
    if (ofAlert.filter((id) => id.endsWith(requested)).length <= retryOnRepeat) return undefined;
    const message = `its recording was tried again as often as retryOnRepeat (${String(retryOnRepeat)}) says`;
    return { pod, reason: 'retried', message };
  });
}

const requested = '/CollectionRequested';

function isAnswer({ summaries }: Pick<PodBoard, 'summaries'>, decisionId: string): boolean {
  if (decisionId.endsWith('/AlertAttached')) return true;
  if (!decisionId.endsWith(requested)) return false;
  const collectionId = collectionIdOf(decisionId.slice(0, -requested.length));
  return summaries.get(collectionId)?.state !== 'failed';
}
