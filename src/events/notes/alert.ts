import type { NotesOf } from './note.ts';

export const alertNotes: NotesOf<'alert'> = {
  AlertReceived: {
    written:
      'for each alert of a webhook, before the webhook is answered 200; and for each recording that somebody asks for by hand (`source` is `api`).',
    id: '<sha256 of fingerprint, startsAt and status, and of alertname where the fingerprint is not that of the labels>',
    before: 'nothing: a story begins here.',
    after:
      'for a firing alert that a row of the policy matches, one of CollectionRequested, AlertAttached, CollectionSuppressed and AlertDeclined. Nothing for a resolved alert and for one that no row matches. AlertRenewed when it is told again and that is news.',
  },
  AlertDeclined: {
    written:
      'when the policy wants a recording and a label that names the pod, or that its collector needs, is missing or no name.',
    id: '<cause>/AlertDeclined',
    before: 'AlertReceived.',
    after: 'nothing.',
  },
  AlertRenewed: {
    written:
      'when an alert that is on the stream is told again and that is news: with the other status since (`returned`), after AlertUnanswered (`repeated`), or with other annotations, at most once an hour (`changed`). Any other repeat is not stored.',
    id: '<alertId>@<receivedAt in nanoseconds>/AlertRenewed',
    before: 'AlertReceived of the same status; with reason `returned` one of the other status after it.',
    after:
      'what follows an AlertReceived of that status. With reason `changed` nothing: it was decided before.',
  },
  AlertUnanswered: {
    written:
      'just before CollectionSuppressed with reason stale, and before a CollectionFailed with stage collect whose plan allows a repeat (`retryOnRepeat`).',
    id: '<id of the CollectionSuppressed or CollectionFailed>/AlertUnanswered',
    before: 'AlertReceived, or AlertRenewed.',
    after: 'AlertRenewed with reason `repeated`, should the alert be told again.',
  },
};
