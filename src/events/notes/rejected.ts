import type { NotesOf } from './note.ts';

export const rejectedNotes: NotesOf<'rejected'> = {
  EventRejected: {
    written:
      'when a message that its consumer was given is no event of this page, or when handling it failed again and again.',
    id: '<sequence>/<consumer>/EventRejected',
    before: 'the message that it names; it stays on the stream.',
    after: 'nothing. Operators look into it.',
  },
};
