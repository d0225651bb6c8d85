import { podSubject } from '../../events/subjects.ts';
import { type CollectionEvent, type AuditHistory, type RunRef, runRefOf } from './history.ts';
import type { Report } from './promises.ts';

interface Current {
  ref: RunRef;
  sequence: number;
}

/** Promise 4, per pod: at most one collection is collecting at any sequence. */
export function createCollecting(history: AuditHistory, report: Report) {
  const current = new Map<string, Current>();

  const begin = (pod: string, ref: RunRef, sequence: number) => {
    const other = current.get(pod);
    if (other && other.ref.key !== ref.key) {
      const { collectionId, run } = other.ref.about;
      const what = `is collecting while run ${String(run)} of collection ${collectionId} is collecting`;
      report(4, what, ref.about, [other.sequence, sequence]);
    }
    current.set(pod, { ref, sequence });
  };

  return (event: CollectionEvent): void => {
    const ref = runRefOf(event);
    if (!ref) return;
    const pod = podSubject(event.data);
    switch (event.type) {
      case 'CollectionRequested':
        begin(pod, ref, event.sequence);
        break;
      case 'CollectionRedriven':
        if (event.data.stage === 'collect') begin(pod, ref, event.sequence);
        break;
      case 'CollectionAttemptStarted':
      case 'CollectionAttemptFailed':
        // It has been collecting since before the stream begins.
        if (history.mayHaveBegun(ref) && current.get(pod)?.ref.key !== ref.key)
          begin(pod, ref, event.sequence);
        break;
      case 'JfrCollected':
      case 'Uploaded':
      case 'CollectionFailed':
        if (current.get(pod)?.ref.key === ref.key) current.delete(pod);
        break;
    }
  };
}
