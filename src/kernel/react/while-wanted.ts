import { type Pod, podSubject } from '../../events/subjects.ts';
import type { Board } from '../fold/board.ts';
import { AttemptFailed } from './failures.ts';
import type { PodSnapshot } from '../../collection/pod/machine.ts';

/** Aborted once the log says that this work is no longer wanted, or is another process's. */
export interface WhileWanted {
  signal: AbortSignal;
  release: () => void;
}

// One for all: also an outcome that was just appended ends the claim on it.
const notWanted = new AttemptFailed('cancelled', 'the log does not ask for it any more');

/** Watches, while long work goes on, whether the pod's log still asks for it. */
export function claimWhile(board: Board, pod: Pod, holds: (snapshot: PodSnapshot) => boolean): WhileWanted {
  const lost = new AbortController();
  const subject = podSubject(pod);
  const release = board.watch(subject, () => {
    if (lost.signal.aborted || holds(board.entry(subject).snapshot)) return;
    lost.abort(notWanted);
  });
  return { signal: lost.signal, release };
}
