import { hasEnded } from '../book/collection-state.ts';
import { kept } from '../telemetry/kept.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { PodBoard } from './pod/board.ts';

export type CollectionMetrics = ReturnType<typeof createCollectionMetrics>;

/** A series that is first seen at 1 has no rate. */
const decisions = [
  ...['CollectionRequested', 'AlertAttached', 'CollectionSuppressed', 'AlertDeclined'],
  ...['TargetsRequested', 'ignored'],
];
/** Milliseconds where places are free; `maxAlertAgeSeconds` (900) where none is. */
const startSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
/** The recording (30 s) and its upload; five attempts; an S3 that is away for hours, up to uploadDeadlineSeconds (7 days). */
const wholeSeconds = [10, 30, 45, 60, 90, 120, 300, 600, 900, 1_800, 3_600, 21_600, 86_400];

/** What is counted of collections. */
export function createCollectionMetrics({ counter, duration }: Metrics) {
  return {
    decisions: counter(
      'decisions_total',
      'What firing alerts led to.',
      ['decision'],
      decisions.map((decision) => ({ decision })),
    ),
    attempts: counter(
      'attempts_total',
      'Attempts to collect, to upload, or to find the pods of a StatefulSet.',
      ['stage', 'result'],
    ),
    collections: counter(
      'collections_total',
      'Runs of collections that ended.',
      ['outcome', 'stage'],
      [
        { outcome: 'uploaded', stage: 'upload' },
        { outcome: 'failed', stage: 'collect' },
        { outcome: 'failed', stage: 'upload' },
      ],
    ),
    collectDuration: duration('collect_duration_seconds', 'One attempt to collect.', ['collector', 'result']),
    uploadDuration: duration('upload_duration_seconds', 'One attempt to upload.', ['destination', 'result']),
    alertToCollector: duration(
      'alert_to_collector_seconds',
      'From the alert, or the end of the cooldown that it waited for, to the first attempt to collect.',
      ['collector'],
      startSeconds,
    ),
    requestToUpload: duration(
      'request_to_upload_seconds',
      'From CollectionRequested to Uploaded, of collections that nobody redrove.',
      ['destination'],
      wholeSeconds,
    ),
    recordingBytes: counter(
      'recording_bytes_total',
      'Bytes of recordings that reached their destination.',
      [],
    ),
  };
}

/** The gauges that are read from the board when somebody scrapes. */
export function watchBoard({ watch, watchSeries }: Metrics, board: PodBoard): void {
  const states = kept(() => Promise.resolve(Object.entries(board.summaries.countByState())));
  watch('board_pods', 'Pods on the board.', board.size);
  watchSeries('board_collections', 'Collections on the board, by state.', 'state', async () =>
    ((await states()) ?? []).map(([state, { count }]) => [state, count]),
  );
  watchSeries('collection_oldest_age_seconds', 'How long the oldest collection has been in a state.', 'state', async () =>
    ((await states()) ?? []).filter(([state]) => !hasEnded(state)).map(([state, { oldest }]) => [state, ageOf(oldest)]),
  ); // prettier-ignore
}

function ageOf(oldest: string | undefined): number {
  return oldest === undefined ? 0 : Math.max(0, (Date.now() - Date.parse(oldest)) / 1_000);
}
