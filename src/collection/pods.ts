import type { Pod } from '../events/subjects.ts';
import { createDecider, type Decider } from '../kernel/decide/decider.ts';
import type { Connection } from '../log/connection.ts';
import { podAggregate } from './pod/aggregate.ts';
import type { PodBoard } from './pod/board.ts';
import type { PodSnapshot } from './pod/machine.ts';

/** Decides on pods. */
export type Pods = Decider<Pod, PodSnapshot>;

export function createPods(connection: Connection, stream: string, board: PodBoard): Pods {
  return createDecider({ connection, stream, board }, podAggregate);
}
