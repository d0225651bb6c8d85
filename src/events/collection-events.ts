import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { beside, Circumstances } from './circumstances.ts';
import { count, time } from './fields.ts';

const stage = (description: string) =>
  Type.Union([Type.Literal('collect'), Type.Literal('upload')], { description });

const pod = {
  kubeContext: Type.String({ description: 'Label kube_context: the cluster of the pod.' }),
  namespace: Type.String({ description: 'Label namespace.' }),
  pod: Type.String({ description: 'Label pod.' }),
  sts: Type.Optional(Type.String({ description: 'The StatefulSet, where the alert named it.' })),
};

const collectionId = Type.String({
  description: 'The collection: 32 hex digits, the same in all of its events.',
});

const collectionEvent = <T extends TProperties>(properties: T, description: string) =>
  Type.Object({ ...pod, collectionId, ...properties }, { description });

const alertRef = {
  alertId: Type.String({ description: 'The id of the AlertReceived.' }),
  alertname: Type.Optional(Type.String({ description: 'Label alertname, where the alert has one.' })),
  fingerprint: Type.String({ description: 'Of the alert.' }),
  startsAt: time('startsAt of the alert'),
};

const byHand = (description: string) =>
  Type.Object(
    {
      by: Type.String({ description: 'Who asked for it.' }),
      reason: Type.String({ description: 'Why, in the words of who asked.' }),
    },
    { description: `${description}.` },
  );

export const Backoff = Type.Object(
  {
    initialSeconds: Type.Number({ minimum: 0, description: 'After the first attempt.' }),
    factor: Type.Number({ minimum: 1, description: 'By which it grows with each attempt.' }),
    maxSeconds: Type.Number({ minimum: 0, description: 'To which it grows; between uploads to 900.' }),
  },
  { description: 'The wait between attempts.' },
);

export const Destination = Type.Union(
  [
    Type.Object({
      type: Type.Literal('s3', { description: 'S3, or what speaks its protocol.' }),
      bucket: Type.String({ description: 'Name of the bucket.' }),
      prefix: Type.Optional(Type.String({ description: 'What keys start with.' })),
      endpoint: Type.Optional(Type.String({ description: 'URL of the server, where it is not AWS.' })),
      region: Type.Optional(Type.String({ description: 'Region of the bucket.' })),
      forcePathStyle: Type.Optional(
        Type.Boolean({ description: 'True: the bucket is named in the path and not in the host.' }),
      ),
      serverSideEncryption: Type.Optional(
        Type.Union([Type.Literal('AES256'), Type.Literal('aws:kms'), Type.Literal('aws:kms:dsse')], {
          description: 'What S3 encrypts the object with; absent: as the bucket says.',
        }),
      ),
      kmsKeyId: Type.Optional(Type.String({ description: 'The key, where KMS encrypts.' })),
    }),
    Type.Object({
      type: Type.Literal('object-store', {
        description: 'The JetStream object store ALERT_WATCHER_RECORDINGS.',
      }),
    }),
  ],
  { description: 'Where the recording goes.' },
);

export const Plan = Type.Object(
  {
    rule: Type.String({ description: 'The policy row that matched.' }),
    collector: Type.String({ description: 'The name of the collector in the configuration.' }),
    durationSeconds: Type.Number({ description: 'Of the recording.' }),
    timeoutSeconds: Type.Number({ description: 'Of one attempt.' }),
    maxAttempts: Type.Integer({ minimum: 1, description: 'To collect, within a run.' }),
    backoff: Backoff,
    cooldownSeconds: Type.Number({
      description: 'From JfrCollected on, new alerts of the pod wait for so long.',
    }),
    uploadDeadlineSeconds: Type.Number({ description: 'So long an upload is tried.' }),
    destination: Destination,
  },
  { description: 'What the policy answered when the collection was requested. Replays use this.' },
);

export const EventError = Type.Object(
  {
    code: Type.String({ description: 'For programs. Codes may be added; none gets a second meaning.' }),
    message: Type.String({ description: 'For people. Its text may change.' }),
    exitCode: Type.Optional(Type.Integer({ description: 'Of the collector program.' })),
    stderrTail: Type.Optional(Type.String({ description: 'The end of what it wrote to stderr.' })),
  },
  { description: 'What went wrong.' },
);

export const Recording = Type.Object(
  {
    stagedName: Type.String({
      description: 'Its name in the bucket ALERT_WATCHER_STAGING, until it is uploaded.',
    }),
    bytes: count('Size of the file.'),
    sha256: Type.String({ description: 'Of the file, in hex.' }),
    startedAt: time('start of the first chunk, by the clock of the JVM'),
    durationMs: Type.Number({ description: 'First chunk start to last chunk end.' }),
    chunks: count('JFR chunks in the file.'),
    jfrVersion: Type.String({ description: 'major.minor of the file format.' }),
    simulated: Type.Optional(Type.Boolean({ description: 'True: a sample, not a recording of the pod.' })),
  },
  { description: 'The file, as it was verified.' },
);

const run = count('1, and one more with each redrive.');
const attempt = count('Counts from 1 within the run and its stage, collect or upload.');
const tookMs = count('Milliseconds that the attempt took.');

export const CollectionRequested = collectionEvent(
  {
    trigger: Type.Object(
      {
        ...alertRef,
        severity: Type.Optional(Type.String({ description: 'Label severity, where the alert has one.' })),
        container: Type.Optional(Type.String({ description: 'Label container, where the alert has one.' })),
        byHand: Type.Optional(byHand('Somebody asked for it; the alert is the one that this was kept as')),
      },
      { description: 'The alert that it was requested for.' },
    ),
    plan: Plan,
  },
  'The intake decided that this pod is recorded now.',
);

export const AlertAttached = collectionEvent(alertRef, 'Another alert for a pod that is being recorded.');

export const CollectionSuppressed = Type.Object(
  {
    ...pod,
    ...alertRef,
    reason: Type.Union([Type.Literal('cooldown'), Type.Literal('stale')], {
      description: 'The pod was just recorded, or the alert is too old.',
    }),
    until: Type.Optional(time('end of the cooldown; the alert is decided again then')),
    afterCollectionId: Type.Optional(Type.String({ description: 'The collection that began the cooldown.' })),
    ageSeconds: Type.Optional(Type.Number({ description: 'Age of the stale alert when it was decided.' })),
  },
  { description: 'No recording for this alert now: the pod was just recorded, or the alert is too old.' },
);

export const CooldownElapsed = Type.Object(
  {
    ...pod,
    ...alertRef,
    until: time('the end of the cooldown'),
    afterCollectionId: Type.String({ description: 'The collection that began the cooldown.' }),
  },
  { description: 'A cooldown ended (fired by a schedule). The alert is decided again unless it resolved.' },
);

export const CollectionAttemptStarted = collectionEvent(
  {
    run,
    attempt,
    by: Type.Object(
      {
        host: Type.String({ description: 'Host name of the machine, or of its container.' }),
        process: Type.String({
          description: 'Names one process of the service; another one after each start.',
        }),
      },
      { description: 'Who runs the collector.' },
    ),
  },
  'A collector is about to run.',
);

const failedAttempt = {
  run,
  attempt,
  error: EventError,
  retryAt: Type.Optional(time('the next attempt is not before; absent: there is none')),
};

export const CollectionAttemptFailed = collectionEvent(failedAttempt, 'An attempt gave no valid recording.');

export const JfrCollected = collectionEvent(
  { run, attempt, recording: Recording, ...Circumstances.properties, tookMs },
  'A verified recording lies in the staging bucket.',
);

export const UploadAttemptFailed = collectionEvent(failedAttempt, 'The destination did not take it.');

export const Uploaded = collectionEvent(
  {
    run,
    attempt,
    url: Type.String({ description: 's3://BUCKET/KEY or object-store://BUCKET/NAME.' }),
    bytes: count('Size of the recording.'),
    sha256: Type.String({ description: 'Of the recording, in hex.' }),
    ...beside,
    tookMs,
  },
  'The recording lies at its destination. The end of the run.',
);

export const CollectionFailed = collectionEvent(
  {
    run,
    stage: stage('The stage that failed.'),
    attempts: count('Made in this run and stage.'),
    error: EventError,
    cancelled: Type.Optional(byHand('Somebody ended it; the code of the error is `cancelled`')),
  },
  'The run ended without a recording at its destination.',
);

export const CollectionRedriven = collectionEvent(
  {
    run: count('The new run.'),
    stage: stage('The stage that it starts at: the one that failed.'),
    by: Type.String({ description: 'Who asked for it.' }),
    reason: Type.String({ description: 'Why, in the words of who asked.' }),
  },
  'A failed collection starts again at the stage that failed.',
);

export type Plan = Static<typeof Plan>;
export type Backoff = Static<typeof Backoff>;
export type Destination = Static<typeof Destination>;
export type EventError = Static<typeof EventError>;
export type Recording = Static<typeof Recording>;
export type CollectionRequestedData = Static<typeof CollectionRequested>;
