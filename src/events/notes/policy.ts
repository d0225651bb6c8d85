import type { NotesOf } from './note.ts';

export const policyNotes: NotesOf<'policy'> = {
  PolicyConfigured: {
    written:
      'when a process with the role intake starts and its policy is not the one that was written last. It stays on the stream for ever (`Nats-TTL: never`).',
    id: '<sequence of the PolicyConfigured before, or 0>/<hash>/PolicyConfigured',
    before: 'nothing, or PolicyConfigured with another hash.',
    after: 'decisions by this policy. While processes with another one still run, theirs are among them.',
  },
};
