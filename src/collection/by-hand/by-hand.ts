import type { PodBoard } from '../pod/board.ts';
import type { Pods } from '../pods.ts';

/** What everything that people ask for by hand needs: it decides on the board and writes events as the reactors do. */
export interface ByHandDeps {
  board: PodBoard;
  pods: Pods;
  /** RFC 3339. */
  now: () => string;
}

/** Who asks for it and why; it stands in the event. */
export interface Why {
  by: string;
  reason: string;
}

/** Not done, with a reason to show. */
export interface Refused {
  refused: string;
}
