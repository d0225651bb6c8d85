import type { LeftOut, TargetsRequestedData } from '../../events/data/targets.ts';
import { collectionIdOf } from '../../events/ids.ts';
import { podSubject, type StatefulSet } from '../../events/subjects.ts';
import type { PodBoard } from '../pod/board.ts';
import type { FoundPods } from './pods.ts';

interface Asked extends StatefulSet {
  state: Pick<TargetsRequestedData, 'trigger'>;
}

const message = 'this alert has led to a recording of it';

/**
 * Without the pods that need no other recording. An alert is told again and decided anew because a recording of one of its pods
 * failed (`trigger.repeat`): those of the others stand.
 */
export function withoutAnswered(
  board: Pick<PodBoard, 'entry' | 'summaries'>,
  { kubeContext, namespace, state: { trigger } }: Asked,
  { pods, leftOut }: FoundPods,
): FoundPods {
  if (trigger.repeat === undefined) return { pods, leftOut };
  const answered = pods.filter((pod) => {
    const { decided } = board.entry(podSubject({ kubeContext, namespace, pod })).state.context;
    return decided.some((id) => id.startsWith(`${trigger.alertId}@`) && isAnswer(board, id));
  });
  return {
    pods: pods.filter((pod) => !answered.includes(pod)),
    leftOut: [...leftOut, ...answered.map((pod): LeftOut => ({ pod, reason: 'answered', message }))],
  };
}

const requested = '/CollectionRequested';

function isAnswer({ summaries }: Pick<PodBoard, 'summaries'>, decisionId: string): boolean {
  if (decisionId.endsWith('/AlertAttached')) return true;
  if (!decisionId.endsWith(requested)) return false;
  const collectionId = collectionIdOf(decisionId.slice(0, -requested.length));
  return summaries.get(collectionId)?.state !== 'failed';
}
