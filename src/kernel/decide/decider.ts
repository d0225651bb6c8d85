import { type Pod, podSubject } from '../../events/subjects.ts';
import { append } from '../../log/write/append.ts';
import type { Connection } from '../../log/connection.ts';
import { WrongLastSequence } from '../../log/errors.ts';
import { lastMessage } from '../../log/read.ts';
import { type Board, BoardLags } from '../fold/board.ts';
import type { PodSnapshot } from '../../collection/pod/machine.ts';
import type { PodEvent } from '../../collection/pod/context.ts';

/** May wait, for a timer to be set first, say. */
type Decide = (snapshot: PodSnapshot) => Promise<PodEvent | undefined> | PodEvent | undefined;

/** Decides on one pod and writes the decision to the log. */
export interface Pods {
  /**
   * Asks `decide` on what the board shows and appends its answer, expecting that nothing came between; where
   * something did, waits for the board and asks again. Resolves to the event, or undefined where `decide` had nothing
   * to say. Throws BoardLags or LogUnavailable; the caller hands its message back.
   */
  decide: (pod: Pod, decide: Decide) => Promise<PodEvent | undefined>;
  snapshot: (pod: Pod) => PodSnapshot;
}

/** So many times the log may move on under one decision before its message is handed back. */
const maxRounds = 20;

export function createPods(connection: Connection, stream: string, board: Board): Pods {
  const queues = new Map<string, Promise<unknown>>();

  const decideInTurn: Pods['decide'] = async (pod, decide) => {
    const prefix = podSubject(pod);
    const filter = `${prefix}.>`;
    let removed: number | undefined;
    for (let round = 0; round < maxRounds; round += 1) {
      const { snapshot, lastSequence } = board.entry(prefix);
      const event = await decide(snapshot);
      if (!event) return undefined;
      try {
        const appended = await append(connection, event, { lastSequence: removed ?? lastSequence, filter });
        // The next decision on this pod stands on this one. It came right behind what the board shows, or was there before.
        if (appended.duplicate || removed !== undefined) await board.whenApplied(prefix, appended.sequence);
        else board.applyOwn(event, appended.sequence);
        return event;
      } catch (error) {
        if (!(error instanceof WrongLastSequence)) throw error;
        const actual = error.actual ?? (await lastMessage(connection, stream, filter))?.sequence ?? 0;
        // Below ours: history was removed (expired, purged). What we have folded still stands.
        removed = actual < board.entry(prefix).lastSequence ? actual : undefined;
        if (removed === undefined) await board.whenApplied(prefix, actual);
      }
    }
    throw new BoardLags(`${prefix} changes faster than it can be decided on`);
  };

  return {
    // One decision on a pod at a time in this process: they would only refuse each other.
    decide: async (pod, decide) => {
      const key = podSubject(pod);
      const turn = (queues.get(key) ?? Promise.resolve()).then(() => decideInTurn(pod, decide));
      const settled = turn.catch(() => undefined);
      queues.set(key, settled);
      void settled.then(() => {
        if (queues.get(key) === settled) queues.delete(key);
      });
      return turn;
    },
    snapshot: (pod) => board.entry(podSubject(pod)).snapshot,
  };
}
