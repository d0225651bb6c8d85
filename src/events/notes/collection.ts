import type { NotesOf } from './note.ts';

const inAttempt = '<collectionId>/<run>/<attempt>';

export const collectionNotes: NotesOf<'collection'> = {
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
};
