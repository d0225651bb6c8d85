import type { AnyEvent } from '../../events/envelope.ts';
import type { Board } from '../fold/board.ts';
import { AttemptFailed } from './failures.ts';

/** Aborted once the log says that this work is no longer wanted, or is another process's. */
export interface WhileWanted {
  signal: AbortSignal;
  release: () => void;
}

// One for all: also an outcome that was just appended ends the work on it.
const notWanted = new AttemptFailed('cancelled', 'the log does not ask for it any more');

/** Watches, while long work goes on, whether the log of its aggregate still asks for it. */
export function whileWanted<E extends AnyEvent, S>(
  board: Pick<Board<E, S>, 'watch' | 'entry'>,
  subject: string,
  isWanted: (state: S) => boolean,
): WhileWanted {
  const lost = new AbortController();
  const release = board.watch(subject, () => {
    if (lost.signal.aborted || isWanted(board.entry(subject).state)) return;
    lost.abort(notWanted);
  });
  return { signal: lost.signal, release };
}
