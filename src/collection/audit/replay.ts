import { podSubject } from '../../events/subjects.ts';
import { evolve, initialSnapshot, type PodSnapshot } from '../pod/machine.ts';
import { type CollectionEvent, collectionOf, type AuditHistory, podOf } from './history.ts';
import type { Report } from './promises.ts';

/** Promise 5: state is a replay. Every event is taken by the machine of its pod, unless it repeats an earlier one. */
export function createReplay(history: AuditHistory, report: Report) {
  const snapshots = new Map<string, PodSnapshot>();
  const ids = new Map<string, Set<string>>();

  const isRepeat = (pod: string, id: string) => {
    const ofPod = ids.get(pod) ?? new Set();
    ids.set(pod, ofPod);
    return ofPod.size === ofPod.add(id).size;
  };

  return (event: CollectionEvent): void => {
    const pod = podSubject(event.data);
    const before = snapshots.get(pod) ?? initialSnapshot;
    const { state: snapshot } = evolve(before, event);
    snapshots.set(pod, snapshot);
    const repeats = isRepeat(pod, event.id);
    // A timer changes nothing: the intake decides because of it.
    if (snapshot !== before || repeats || event.type === 'CooldownElapsed') return;
    const collection = collectionOf(event);
    if (collection !== undefined && history.mayBePast(collection)) return;
    const { data } = event;
    const about = {
      ...('alertId' in data ? { alertId: data.alertId } : {}),
      ...('collectionId' in data ? { collectionId: data.collectionId } : {}),
      ...('run' in data ? { run: data.run } : {}),
      pod: podOf(event),
    };
    report(5, `${event.type} is ignored by the fold: the pod is ${describe(snapshot)}`, about, [
      event.sequence,
    ]);
  };
}

function describe({ value, context: { current } }: PodSnapshot): string {
  if (!current) return value;
  return `${value} run ${String(current.run)} of collection ${current.collectionId}`;
}
