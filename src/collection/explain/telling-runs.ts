import type { CollectionEventType } from '../../events/catalogue.ts';
import type { StoredEvent } from '../../events/envelope.ts';
import type { Tale } from './book.ts';
import type { Step } from './explanation.ts';
import {
  bytesText,
  collected,
  failed,
  failureText,
  ofRun,
  started,
  withDetails,
} from './telling-attempts.ts';
import { clip, count, errorText, spanOf } from '../../kernel/explain/words.ts';

type OfRun = Exclude<
  CollectionEventType,
  'CollectionRequested' | 'AlertAttached' | 'CollectionSuppressed' | 'CooldownElapsed'
>;

/** What happened in a run of a collection, in words. */
export function tellRun(
  event: StoredEvent<OfRun>,
  tale: Tale | undefined,
): Pick<Step, 'kind' | 'sentence' | 'details'> {
  switch (event.type) {
    case 'CollectionAttemptStarted':
      return started(event, tale);
    case 'CollectionAttemptFailed':
      return failed(event, tale);
    case 'JfrCollected':
      return collected(event, tale);
    case 'UploadAttemptFailed': {
      const name = `upload attempt ${String(event.data.attempt)}${ofRun(event)}`;
      return { kind: 'upload-failed', sentence: `${name} failed: ${failureText(event)}` };
    }
    case 'Uploaded': {
      const { url, bytes, sha256, artefacts = [], notes = [], tookMs } = event.data;
      const what = `${bytesText(bytes)}, sha256 ${clip(sha256)}`;
      return {
        kind: 'uploaded',
        sentence: `uploaded in ${spanOf(tookMs)} to ${clip(url, 2_000)} (${what})`,
        ...withDetails([
          ...artefacts.map((artefact) => `with a ${clip(artefact.kind)} at ${clip(artefact.url, 2_000)}`),
          ...notes.map((note) => `not uploaded: ${clip(note, 500)}`),
        ]),
      };
    }
    case 'CollectionFailed': {
      const { stage, attempts, error, cancelled } = event.data;
      if (cancelled) {
        const who = `cancelled by ${clip(cancelled.by)} (${clip(cancelled.reason)})`;
        return { kind: 'failed', sentence: `${who} at the stage ${stage}${ofRun(event)}` };
      }
      const where = `failed at the stage ${stage}${ofRun(event)} after ${count(attempts, 'attempt')}`;
      return { kind: 'failed', sentence: `${where}: ${errorText(error)}` };
    }
    case 'CollectionRedriven': {
      const { run, stage, by, reason } = event.data;
      const sentence = `redriven by ${clip(by)} (${clip(reason)}): run ${String(run)} begins at the stage ${stage}`;
      return { kind: 'redriven', sentence };
    }
  }
}
