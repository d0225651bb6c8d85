import type { Connection } from '../../log/connection.ts';
import { readRange } from '../../log/read.ts';
import { podSubject } from '../../events/subjects.ts';
import type { PodState } from '../pod/aggregate.ts';
import { createPodHistory, type PodHistoryEntry } from '../pod/history.ts';
import type { CollectionSummary } from '../pod/summary.ts';

/** A collection's time on its pod, event by event. */
export interface Replayed {
  items: ReplayedItem[];
  /** True: there are more events than are told. */
  cut: boolean;
}

export type ReplayedItem = Omit<PodHistoryEntry, 'before' | 'after'> & {
  before: ShortState;
  after: ShortState;
};

/** What a pod is doing, without what its events say already. */
export interface ShortState {
  /** State of the machine: idle or collecting. */
  value: string;
  current: (Work & { maxAttempts: number; alerts: number; attempt: number | null }) | null;
  uploads: (Work & { state: string })[];
  failed: (Work & { stage: string })[];
  cooldown: PodState['cooldown'];
  lastOutcome: PodState['lastOutcome'];
}

interface Work {
  collectionId: string;
  run: number;
  attempts: number;
  lastErrorCode: string | null;
  /** RFC 3339. */
  retryAt: string | null;
}

const maxItems = 500;

/**
 * Folds the log of a collection's pod from its first event, and tells those from the collection's request to its last event,
 * also what happened to the pod otherwise. Throws LogUnavailable.
 */
export async function readReplayed(
  connection: Connection,
  stream: string,
  { firstSequence, lastSequence, ...pod }: CollectionSummary,
): Promise<Replayed> {
  const history = createPodHistory();
  const items: ReplayedItem[] = [];
  const range = { filter: `${podSubject(pod)}.>`, to: lastSequence };
  for await (const message of readRange(connection, stream, range)) {
    const { before, after, ...entry } = history.fold(message);
    if (entry.sequence < firstSequence || !before || !after) continue;
    if (items.length === maxItems) return { items, cut: true };
    items.push({ ...entry, before: inShort(before), after: inShort(after) });
  }
  return { items, cut: false };
}

function inShort({ value, current, uploads, failed, cooldown, lastOutcome }: PodState): ShortState {
  return {
    value,
    current: current && {
      ...workOf(current),
      maxAttempts: current.plan.maxAttempts,
      alerts: current.alerts.length,
      attempt: current.attempt?.number ?? null,
    },
    uploads: Object.values(uploads).map((upload) => ({ ...workOf(upload), state: upload.state })),
    failed: Object.values(failed).map((each) => ({ ...workOf(each), stage: each.stage })),
    cooldown,
    lastOutcome,
  };
}

function workOf({
  collectionId,
  run,
  attempts,
  lastError,
  retryAt,
}: Pick<
  NonNullable<PodState['current']>,
  'collectionId' | 'run' | 'attempts' | 'lastError' | 'retryAt'
>): Work {
  return { collectionId, run, attempts, lastErrorCode: lastError?.code ?? null, retryAt: retryAt ?? null };
}
