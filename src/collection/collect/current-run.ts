import type { PodSnapshot } from '../pod/machine.ts';
import type { Collecting, PodEvent } from '../pod/context.ts';
import type { Pods } from '../../kernel/decide/decider.ts';
import type { Run } from '../run-events.ts';

/** Appends what fits while the log shows this run as the one under way. */
export function append(
  deps: { pods: Pods },
  work: Run,
  event: (current: Collecting) => Promise<PodEvent> | PodEvent | undefined,
) {
  return deps.pods.decide(work.pod, (snapshot) => {
    const current = currentOf(work, snapshot);
    return current && event(current);
  });
}

/** The state of that run, if it is the one under way. */
export function currentOf(
  { collectionId, run }: Pick<Run, 'collectionId' | 'run'>,
  { context: { current } }: PodSnapshot,
) {
  return current?.collectionId === collectionId && current.run === run ? current : undefined;
}
