import type { CollectionEventType } from '../../../events/catalogue.ts';
import type { StoredEvent } from '../../../events/envelope.ts';
import type { Tale } from '../book.ts';
import type { Step } from '../explanation.ts';
import { collected, failed, failureText, ofRun, started, withDetails } from './attempts.ts';
import { clip, count, errorText, spanOf } from '../../../kernel/explain/words.ts';

type OfRun = Exclude<
  CollectionEventType,
  'CollectionRequested' | 'AlertAttached' | 'CollectionSuppressed' | 'CooldownElapsed'
>;

/** What happened in a run of a collection, in words, but for what its outcome says already. */
export function tellRun(
  event: StoredEvent<OfRun>,
  tale: Tale | undefined,
  outcome: string,
): Pick<Step, 'kind' | 'sentence' | 'details'> {
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return started(event, tale);
    case 'CollectionAttemptFailed':
      return failed(event, tale);
    case 'JfrCollected':
      return collected(event, tale, outcome);
    case 'UploadAttemptFailed': {
      const name = `upload attempt ${String(event.data.attempt)}${ofRun(event)}`;
      return { kind: 'upload-failed', sentence: `${name} failed: ${failureText(event)}` };
    }
    case 'Uploaded': {
      const { url, artefacts = [], notes = [], tookMs } = event.data;
      return {
        kind: 'uploaded',
        sentence: `uploaded in ${spanOf(tookMs)}${outcome.includes(clip(url, 2_000)) ? '' : ` to ${clip(url, 2_000)}`}`,
        ...withDetails([
          ...artefacts.map((artefact) => `with a ${clip(artefact.kind)} at ${clip(artefact.url, 2_000)}`),
          ...notes.map((note) => `not uploaded: ${clip(note, 500)}`),
        ]),
      };
    }
    case 'CollectionFailed':
      return { kind: 'failed', sentence: failedText(event, tale, outcome) };
    case 'CollectionRedriven': {
      const { run, stage, by, reason } = event.data;
      const sentence = `redriven by ${clip(by)} (${clip(reason)}): run ${String(run)} begins at the stage ${stage}`;
      return { kind: 'redriven', sentence };
    }
  }
}

/** The end of a run without success. Its error is mostly that of the last attempt. */
function failedText(event: StoredEvent<'CollectionFailed'>, tale: Tale | undefined, outcome: string): string {
  const { stage, attempts, error, cancelled, run } = event.data;
  if (cancelled) {
    const who = `cancelled by ${clip(cancelled.by)} (${clip(cancelled.reason)})`;
    return outcome.includes(who)
      ? 'the collection was cancelled'
      : `${who} at the stage ${stage}${ofRun(event)}`;
  }
  const where = `failed at the stage ${stage}${ofRun(event)} after ${count(attempts, 'attempt')}`;
  if (outcome.includes(where)) return 'the collection failed';
  const isTold = tale?.events.some(
    (each) =>
      (each.type === 'CollectionAttemptFailed' || each.type === 'UploadAttemptFailed') &&
      each.data.run === run &&
      errorText(each.data.error) === errorText(error),
  );
  return isTold ? where : `${where}: ${errorText(error)}`;
}
