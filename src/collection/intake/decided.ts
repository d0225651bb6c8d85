import type { Pod } from '../../events/subjects.ts';
import { collectionSubject, podSubject } from '../../events/subjects.ts';
import { causesOf, decidedIdOf } from '../../events/ids.ts';
import type { Connection } from '../../log/connection.ts';
import { readRange } from '../../log/read.ts';
import { type DecisionType, decisionTypes, hasDecided } from './decide.ts';
import type { PodSnapshot } from '../pod/machine.ts';

/** Whether something was decided before, by what the pod remembers and, beyond that, by its log. */
export interface Decided {
  /**
   * True where something was decided because of that cause, or because of the timer that it set: the process that set it may
   * have been killed before it said so. With `types`: where one of these was, because of the cause itself. `from` is the
   * sequence of the cause: its decisions come later. Throws LogUnavailable.
   */
  has: (question: {
    pod: Pod;
    snapshot: PodSnapshot;
    causeId: string;
    from: number;
    types?: readonly DecisionType[];
  }) => Promise<boolean>;
}

/** What was read of the log of one pod. */
interface Past {
  from: number;
  upTo: number;
  /** Ids of decisions and of their causes. */
  ids: Set<string>;
}

/** Pods whose past is kept at hand. */
const maxPods = 16;

/**
 * A pod remembers its last decisions. Only a cause that is older than the oldest of them is looked up: one of thousands of
 * alerts that came together, or one that is handled again after the durable consumer was made anew. What is read once is
 * kept for the next of them; what is behind it is still remembered by the pod.
 */
export function createDecided(connection: Connection, stream: string): Decided {
  const pasts = new Map<string, Past>();

  const pastOf = async (pod: Pod, from: number, forgotten: number): Promise<Past> => {
    const key = podSubject(pod);
    const known = pasts.get(key);
    pasts.delete(key);
    const past = known && known.from <= from ? known : { from, upTo: from, ids: new Set<string>() };
    if (past.upTo < forgotten) {
      const filter = decisionTypes.map((type) => collectionSubject(pod, type));
      for await (const { header, sequence } of readRange(connection, stream, {
        filter,
        from: past.upTo + 1,
      })) {
        const id = header('ce-id') ?? '';
        for (const known of [id, ...causesOf(id)]) past.ids.add(known);
        past.upTo = sequence;
      }
      past.upTo = Math.max(past.upTo, forgotten);
    }
    pasts.set(key, past);
    for (const oldest of pasts.keys()) {
      if (pasts.size <= maxPods) break;
      pasts.delete(oldest);
    }
    return past;
  };

  return {
    has: async ({ pod, snapshot, causeId, from, types }) => {
      const { decided, forgotten } = snapshot.context;
      const ids = types ? types.map((type) => decidedIdOf(causeId, type)) : [causeId];
      if (types ? ids.some((id) => decided.includes(id)) : hasDecided(snapshot, causeId)) return true;
      if (from > forgotten) return false;
      const past = await pastOf(pod, from, forgotten);
      return ids.some((id) => past.ids.has(id));
    },
  };
}
