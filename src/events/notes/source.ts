import type { NotesOf } from './note.ts';

export const sourceNotes: NotesOf<'source'> = {
  SourceSilent: {
    written:
      'as a timer: each time that a source with a watchdog is heard moves it, and the NATS server itself appends it, without Nats-Msg-Id, when nobody has moved it for `silenceSeconds` and up to a tenth more. No process has to be alive for that.',
    id: '<source>@<since in nanoseconds>/SourceSilent',
    before: 'nothing, or SourceHeard.',
    after: 'SourceHeard, once the source is heard again.',
  },
  SourceHeard: {
    written: 'when a source is heard that was silent.',
    id: '<source>@<since in nanoseconds>/SourceHeard',
    before: 'SourceSilent with the same `since`.',
    after: 'SourceSilent, should it fall silent again.',
  },
};
