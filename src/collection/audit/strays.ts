import { type AuditHistory, runKey } from './history.ts';
import type { RunOutcome } from './runs.ts';
import type { Note, Report } from './promises.ts';

/** The names of what lies in a bucket of the object store. Look before the stream is read: what comes later is not on it. */
export interface Bucket {
  name: string;
  objects: readonly string[];
}

/** Promise 3, the other way round: what lies in the bucket is named by an Uploaded, or its run is still open. */
export function checkStrays(
  { name: bucket, objects }: Bucket,
  isNamed: (url: string) => boolean,
  outcomes: ReadonlyMap<string, RunOutcome>,
  history: AuditHistory,
  report: Report,
): Note[] {
  const notes: Note[] = [];
  for (const object of objects) {
    const url = `object-store://${bucket}/${object}`;
    if (isNamed(url)) continue;
    const about = { ...runIn(object), url };
    const outcome = outcomes.get(runKey(about.collectionId ?? '', about.run ?? 0));
    // A cancelled upload may have arrived at that moment.
    if (outcome === 'open' || outcome === 'cancelled') continue;
    if (outcome) {
      const what = `lies at the destination, but its run ${outcome === 'failed' ? 'failed' : 'uploaded another one'}`;
      report(3, what, about, []);
    } else if (history.isCut()) {
      notes.push({ what: 'lies at the destination; its events are not on the stream (any more)', ...about, sequences: [] }); // prettier-ignore
    } else {
      report(3, 'lies at the destination, but no Uploaded names it', about, []);
    }
  }
  return notes;
}

// The last part of a name: `<collection id>.jfr`, `<collection id>.run<run>.jfr`, and `.artefact-…` instead of `.jfr`.
function runIn(object: string): { collectionId?: string; run?: number } {
  const [, collectionId, run = '1'] = /([^/.]+)(?:\.run(\d+))?\.(?:jfr|artefact-[^/]+)$/.exec(object) ?? [];
  return collectionId === undefined ? {} : { collectionId, run: Number(run) };
}
