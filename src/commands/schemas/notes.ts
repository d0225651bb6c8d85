import type { EventType } from '../../events/catalogue.ts';

/** What the schema of an event does not say: when it is written, and what stands around it. */
export interface Notes {
  /** When it is written: the end of a sentence. */
  written: string;
  /** Its id with <parts>. */
  id: string;
  before: string;
  after: string;
}

const inAttempt = '<collectionId>/<run>/<attempt>';

export const notes: Record<EventType, Notes> = {
  AlertReceived: {
    written:
      'for each alert of a webhook, before the webhook is answered 200; and for each recording that somebody asks for by hand (`source` is `api`).',
    id: '<sha256 of fingerprint, startsAt and status, and of alertname where the fingerprint is not that of the labels>',
    before: 'nothing: a story begins here.',
    after:
      'for a firing alert that a row of the policy matches, one of CollectionRequested, AlertAttached, CollectionSuppressed and AlertDeclined. Nothing for a resolved alert and for one that no row matches. AlertRenewed when it is told again and that is news.',
  },
  AlertDeclined: {
    written: 'when the policy wants a recording and a label that names the pod is missing or no name.',
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
  CollectionRequested: {
    written:
      'when the policy wants a recording of a pod that is not being recorded and is in no cooldown, or somebody asks for one (`trigger.byHand`).',
    id: '<cause>/CollectionRequested',
    before: 'AlertReceived, or CooldownElapsed for an alert that waited.',
    after:
      'CollectionAttemptStarted. Other alerts of the pod are attached (AlertAttached) until JfrCollected or CollectionFailed.',
  },
  AlertAttached: {
    written:
      'when the policy, or somebody, wants a recording of a pod that is being recorded: the one recording is for both.',
    id: '<cause>/AlertAttached',
    before: 'AlertReceived or CooldownElapsed, and the CollectionRequested of the same collectionId.',
    after: 'nothing of its own; what becomes of the collection.',
  },
  CollectionSuppressed: {
    written: 'when the policy wants a recording and there is none for this alert now.',
    id: '<cause>/CollectionSuppressed',
    before: 'AlertReceived or CooldownElapsed.',
    after: 'with reason cooldown, CooldownElapsed at the time `until`. With reason stale, nothing.',
  },
  CooldownElapsed: {
    written: 'as a timer: the NATS server itself appends it at the end of the cooldown, without Nats-Msg-Id.',
    id: '<id of the CollectionSuppressed>/CooldownElapsed',
    before: 'CollectionSuppressed with reason cooldown.',
    after:
      'CollectionRequested, AlertAttached or CollectionSuppressed. Nothing where the alert has resolved or was answered otherwise.',
  },
  CollectionAttemptStarted: {
    written: 'before the collector runs.',
    id: `${inAttempt}/CollectionAttemptStarted`,
    before:
      'CollectionRequested, CollectionRedriven with stage collect, or CollectionAttemptFailed. Another CollectionAttemptStarted where the process of that attempt died.',
    after:
      'JfrCollected or CollectionAttemptFailed. Where the process died: the next CollectionAttemptStarted, or CollectionFailed when no attempt is left.',
  },
  CollectionAttemptFailed: {
    written: 'when the collector failed, or what it left is not a whole recording.',
    id: `${inAttempt}/CollectionAttemptFailed`,
    before: 'CollectionAttemptStarted of the same attempt.',
    after: 'with `retryAt`, CollectionAttemptStarted; without, CollectionFailed.',
  },
  JfrCollected: {
    written:
      'when a recording was verified and lies in the staging bucket. The pod can be recorded again, after its cooldown.',
    id: `${inAttempt}/JfrCollected`,
    before:
      'CollectionAttemptStarted. Where a process died and had staged its recording, `attempt` is that of this process and `tookMs` is 0.',
    after: 'Uploaded, UploadAttemptFailed or CollectionFailed with stage upload.',
  },
  UploadAttemptFailed: {
    written: 'when the destination refused the recording or could not be reached.',
    id: `${inAttempt}/UploadAttemptFailed`,
    before:
      'JfrCollected, CollectionRedriven with stage upload, or the UploadAttemptFailed before. There is no event for the start of an upload.',
    after: 'with `retryAt`, Uploaded or UploadAttemptFailed; without, CollectionFailed.',
  },
  Uploaded: {
    written: 'when the whole recording lies at `url`.',
    id: `${inAttempt}/Uploaded`,
    before: 'JfrCollected of the same collection, in this run or an earlier one.',
    after: 'nothing: the run has ended.',
  },
  CollectionFailed: {
    written:
      'when attempts or time are used up, no other attempt could succeed, or somebody ends it (`cancelled`).',
    id: '<collectionId>/<run>/<attempts>/CollectionFailed',
    before:
      'CollectionAttemptFailed or UploadAttemptFailed without `retryAt`, or an attempt that was cut off. Anything in the run where somebody ends it.',
    after: 'nothing: the run has ended. CollectionRedriven where somebody asks for another one.',
  },
  CollectionRedriven: {
    written: 'when an operator asks for it: `alert-watcher redrive`.',
    id: '<collectionId>/<run>/0/CollectionRedriven',
    before: 'CollectionFailed of the run before.',
    after:
      'with stage collect, CollectionAttemptStarted; with stage upload, Uploaded, UploadAttemptFailed or CollectionFailed.',
  },
  PolicyConfigured: {
    written:
      'when a process with the role intake starts and its policy is not the one that was written last. It stays on the stream for ever (`Nats-TTL: never`).',
    id: '<sequence of the PolicyConfigured before, or 0>/<hash>/PolicyConfigured',
    before: 'nothing, or PolicyConfigured with another hash.',
    after: 'decisions by this policy. While processes with another one still run, theirs are among them.',
  },
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
  EventRejected: {
    written:
      'when a message that its consumer was given is no event of this page, or when handling it failed again and again.',
    id: '<sequence>/<consumer>/EventRejected',
    before: 'the message that it names; it stays on the stream.',
    after: 'nothing. Operators look into it.',
  },
};
