import { attemptFailedSentence, type Sentences, shortError } from '../kernel/explain/sentence.ts';
import { count } from '../kernel/explain/words.ts';

export const collectionSentences: Sentences<'collection'> = {
  CollectionRequested: ({ plan: { collector, durationSeconds, maxAttempts } }) =>
    `${count(durationSeconds, 'second')} by ${collector}, up to ${count(maxAttempts, 'attempt')}`,
  AlertAttached: ({ collectionId }) => `the pod is being recorded for ${collectionId}`,
  CollectionSuppressed: ({ reason, until }) => `${reason}${until === undefined ? '' : ` until ${until}`}`,
  CooldownElapsed: ({ alertname = 'the alert' }) => `${alertname} is decided again`,
  CollectionAttemptStarted: ({ attempt, by }) => `attempt ${String(attempt)} on ${by.host}`,
  CollectionAttemptFailed: attemptFailedSentence,
  UploadAttemptFailed: attemptFailedSentence,
  JfrCollected: ({ recording: { bytes, chunks, sha256, simulated = false } }) => {
    const what = `${count(bytes, 'byte')}, ${count(chunks, 'chunk')}, sha256 ${sha256.slice(0, 12)}…`;
    return `${what}${simulated ? ', SIMULATED' : ''}`;
  },
  Uploaded: ({ url }) => url,
  CollectionFailed: ({ stage, attempts, error }) =>
    `${stage}, after ${count(attempts, 'attempt')}: ${shortError(error)}`,
  CollectionRedriven: ({ stage, by, reason }) => `${stage}, by ${by}: ${reason}`,
};

export const targetsSentences: Sentences<'targets'> = {
  TargetsRequested: ({ sts, plan: { targets, collector, maxAttempts } }) => {
    const which = targets?.statefulSet === 'one' ? 'a pod' : 'all pods';
    const how =
      targets?.replicas === undefined
        ? `by collector ${collector}, up to ${count(maxAttempts, 'attempt')}`
        : 'by their numbers';
    return `looks for ${which} of StatefulSet ${sts} ${how}`;
  },
  TargetsAttemptFailed: (data) =>
    `search for the pods of StatefulSet ${data.sts}, ${attemptFailedSentence(data)}`,
  TargetsFound: ({ sts, pods, leftOut }) => {
    const others = leftOut.map(({ pod, message }) => `${pod} (${message})`).join(', ');
    return `pods of StatefulSet ${sts}: ${pods.join(', ') || 'none'}${others && `; left out: ${others}`}`;
  },
  TargetsNotFound: ({ sts, attempts, error }) =>
    `no pod of StatefulSet ${sts} was found in ${count(attempts, 'attempt')}: ${shortError(error)}`,
};

export const policySentences: Sentences<'policy'> = {
  PolicyConfigured: ({ hash, rows }) =>
    `${count(rows.length, 'row')}, hash ${hash.slice(0, 12)}…: ${rows.map(({ name }) => name).join(', ')}`,
};
