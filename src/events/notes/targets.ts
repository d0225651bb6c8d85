import type { NotesOf } from './note.ts';

export const targetsNotes: NotesOf<'targets'> = {
  TargetsRequested: {
    written:
      'when the policy wants recordings for an alert that names a StatefulSet and no pod (`targets` of the row).',
    id: '<searchId>/TargetsRequested',
    before: 'AlertReceived or AlertRenewed.',
    after: 'TargetsFound or TargetsAttemptFailed.',
  },
  TargetsAttemptFailed: {
    written: 'when the cluster could not be asked, or gave no answer that can be used.',
    id: '<searchId>/<attempt>/TargetsAttemptFailed',
    before: 'TargetsRequested, or the TargetsAttemptFailed before.',
    after: 'with `retryAt`, TargetsFound or TargetsAttemptFailed; without, TargetsNotFound.',
  },
  TargetsFound: {
    written: 'when the pods are known.',
    id: '<searchId>/TargetsFound',
    before: 'TargetsRequested of the same searchId.',
    after:
      'for each of `pods` CollectionRequested, AlertAttached or CollectionSuppressed, named after `<searchId>/<pod>`.',
  },
  TargetsNotFound: {
    written: 'when no attempt is left, or another one would find nothing either.',
    id: '<searchId>/TargetsNotFound',
    before:
      'AlertDeclined, and before that AlertUnanswered where the next repeat of the alert shall be decided anew; all are stored at once.',
    after: 'nothing.',
  },
};
