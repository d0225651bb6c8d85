import type { Destination } from '../../events/data/plan.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import { type CollectionEvent, type AuditHistory, runKey, type RunRef, runRefOf } from './history.ts';
import type { Report } from './promises.ts';

/** A recording that has to lie at its destination. */
export interface ExpectedRecording {
  about: { collectionId: string; run: number; pod: string; url: string };
  bytes: number;
  /** Hex. */
  sha256: string;
  /** Sequence of the Uploaded. */
  sequence: number;
  /** Destination of the plan; absent where the request of the collection is not on the stream. */
  destination?: Destination;
}

interface Collected {
  bytes: number;
  sha256: string;
  sequence: number;
  /** Urls of artefacts. */
  beside: ReadonlySet<string>;
}

/** Promise 3, as far as events tell: each run uploads what was collected, to a place of its own. */
export function createRecordings(history: AuditHistory, report: Report) {
  const destinations = new Map<string, Destination>();
  const collected = new Map<string, Collected>();
  const byUrl = new Map<string, { key: string; sequence: number }>();
  const expected: ExpectedRecording[] = [];

  const checkUpload = (event: StoredEvent<'Uploaded'>, ref: RunRef) => {
    const { url, bytes, sha256 } = event.data;
    const { sequence } = event;
    const about = { ...ref.about, url };
    const source = collected.get(ref.key);
    if (!source) {
      if (!history.mayBePast(ref.collection)) report(3, 'uploads what nobody collected', about, [sequence]);
    } else if (source.sha256 !== sha256 || source.bytes !== bytes) {
      const what = `uploads ${sizeOf(bytes, sha256)}, but what was collected is ${sizeOf(source.bytes, source.sha256)}`;
      report(3, what, about, [source.sequence, sequence]);
    }
    const other = byUrl.get(url);
    if (!other) byUrl.set(url, { key: ref.key, sequence });
    else if (other.key !== ref.key) report(3, 'another run has the same url', about, [other.sequence, sequence]); // prettier-ignore
    const destination = destinations.get(ref.collection);
    const expect = (file: { url: string; bytes: number; sha256: string }) => {
      const { url: at, bytes: size, sha256: hash } = file;
      expected.push({ about: { ...ref.about, url: at }, bytes: size, sha256: hash, sequence, ...(destination ? { destination } : {}) }); // prettier-ignore
    };
    expect(event.data);
    for (const artefact of event.data.artefacts ?? []) {
      if (source && !source.beside.has(artefact.sha256)) {
        const what = `uploads an artefact with sha256 ${artefact.sha256} that was not collected`;
        report(3, what, { ...ref.about, url: artefact.url }, [source.sequence, sequence]);
      }
      byUrl.set(artefact.url, { key: ref.key, sequence });
      expect(artefact);
    }
  };

  return {
    apply: (event: CollectionEvent): void => {
      const ref = runRefOf(event);
      if (!ref) return;
      if (event.type === 'CollectionRequested') destinations.set(ref.collection, event.data.plan.destination);
      if (event.type === 'JfrCollected' && !collected.has(ref.key)) {
        const { bytes, sha256 } = event.data.recording;
        const beside = new Set(event.data.artefacts?.map((artefact) => artefact.sha256));
        collected.set(ref.key, { bytes, sha256, sequence: event.sequence, beside });
      }
      if (event.type === 'CollectionRedriven' && event.data.stage === 'upload') {
        // The run uploads again what an earlier one collected.
        const earlier = collected.get(runKey(ref.collection, event.data.run - 1));
        if (earlier) collected.set(ref.key, earlier);
      }
      if (event.type === 'Uploaded') checkUpload(event, ref);
    },
    expected: () => expected,
    /** True where some Uploaded names it. */
    isNamed: (url: string) => byUrl.has(url),
  };
}

function sizeOf(bytes: number, sha256: string): string {
  return `${String(bytes)} bytes with sha256 ${sha256}`;
}
