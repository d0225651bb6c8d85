import { type Static, type TProperties, Type } from '@sinclair/typebox';

const count = (description: string) => Type.Integer({ minimum: 0, description });
const time = (description: string) => Type.String({ description: `RFC 3339: ${description}` });

const pod = {
  kubeContext: Type.String(),
  namespace: Type.String(),
  pod: Type.String(),
  sts: Type.Optional(Type.String({ description: 'The StatefulSet, where the alert named it.' })),
};

const collectionEvent = <T extends TProperties>(properties: T, description: string) =>
  Type.Object({ ...pod, collectionId: Type.String(), ...properties }, { description });

const alertRef = {
  alertId: Type.String({ description: 'The id of the AlertReceived.' }),
  alertname: Type.Optional(Type.String()),
  fingerprint: Type.String(),
  startsAt: time('startsAt of the alert'),
};

export const Backoff = Type.Object({
  initialSeconds: Type.Number({ minimum: 0 }),
  factor: Type.Number({ minimum: 1 }),
  maxSeconds: Type.Number({ minimum: 0 }),
});

export const Destination = Type.Union([
  Type.Object({
    type: Type.Literal('s3'),
    bucket: Type.String(),
    prefix: Type.Optional(Type.String()),
    endpoint: Type.Optional(Type.String()),
    region: Type.Optional(Type.String()),
    forcePathStyle: Type.Optional(Type.Boolean()),
  }),
  Type.Object({ type: Type.Literal('object-store') }),
]);

export const Plan = Type.Object(
  {
    rule: Type.String({ description: 'The policy row that matched.' }),
    collector: Type.String({ description: 'The name of the collector in the configuration.' }),
    durationSeconds: Type.Number(),
    timeoutSeconds: Type.Number({ description: 'Of one attempt.' }),
    maxAttempts: Type.Integer({ minimum: 1 }),
    backoff: Backoff,
    cooldownSeconds: Type.Number(),
    uploadDeadlineSeconds: Type.Number(),
    destination: Destination,
  },
  { description: 'What the policy answered when the collection was requested. Replays use this.' },
);

export const EventError = Type.Object({
  code: Type.String(),
  message: Type.String(),
  exitCode: Type.Optional(Type.Integer()),
  stderrTail: Type.Optional(Type.String()),
});

export const Recording = Type.Object({
  stagedName: Type.String({ description: 'Its name in the staging bucket.' }),
  bytes: count('size'),
  sha256: Type.String({ description: 'Hex.' }),
  startedAt: time('start of the first chunk, by the clock of the JVM'),
  durationMs: Type.Number({ description: 'First chunk start to last chunk end.' }),
  chunks: count('JFR chunks'),
  jfrVersion: Type.String({ description: 'major.minor of the file format.' }),
  simulated: Type.Optional(Type.Boolean({ description: 'True: a sample, not a recording of the pod.' })),
});

const run = count('counts redrives from 1');
const attempt = count('counts from 1 within the run');

export const CollectionRequested = collectionEvent(
  {
    trigger: Type.Object({ ...alertRef, severity: Type.Optional(Type.String()) }),
    plan: Plan,
  },
  'The intake decided that this pod is recorded now.',
);

export const AlertAttached = collectionEvent(alertRef, 'Another alert for a pod that is being recorded.');

export const CollectionSuppressed = Type.Object(
  {
    ...pod,
    ...alertRef,
    reason: Type.Union([Type.Literal('cooldown'), Type.Literal('stale')]),
    until: Type.Optional(time('end of the cooldown; the alert is decided again then')),
    afterCollectionId: Type.Optional(Type.String({ description: 'The collection that began the cooldown.' })),
    ageSeconds: Type.Optional(Type.Number({ description: 'Age of the stale alert when it was decided.' })),
  },
  { description: 'No recording for this alert now: the pod was just recorded, or the alert is too old.' },
);

export const CooldownElapsed = Type.Object(
  { ...pod, ...alertRef, until: time('the end of the cooldown'), afterCollectionId: Type.String() },
  { description: 'A cooldown ended (fired by a schedule). The alert is decided again unless it resolved.' },
);

export const CollectionAttemptStarted = collectionEvent(
  { run, attempt, by: Type.Object({ host: Type.String(), process: Type.String() }) },
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
  { run, attempt, recording: Recording, tookMs: count('of the attempt') },
  'A verified recording lies in the staging bucket.',
);

export const UploadAttemptFailed = collectionEvent(failedAttempt, 'The destination did not take it.');

export const Uploaded = collectionEvent(
  {
    run,
    attempt,
    url: Type.String({ description: 's3://BUCKET/KEY or object-store://BUCKET/NAME.' }),
    bytes: count('size'),
    sha256: Type.String({ description: 'Hex.' }),
    tookMs: count('of the attempt'),
  },
  'The recording lies at its destination. The end of the run.',
);

export const CollectionFailed = collectionEvent(
  {
    run,
    stage: Type.Union([Type.Literal('collect'), Type.Literal('upload')]),
    attempts: count('made in this run and stage'),
    error: EventError,
  },
  'The run ended without a recording at its destination.',
);

export const CollectionRedriven = collectionEvent(
  {
    run: count('the new run'),
    stage: Type.Union([Type.Literal('collect'), Type.Literal('upload')]),
    by: Type.String(),
    reason: Type.String(),
  },
  'A failed collection starts again at the stage that failed.',
);

export type Plan = Static<typeof Plan>;
export type Backoff = Static<typeof Backoff>;
export type Destination = Static<typeof Destination>;
export type EventError = Static<typeof EventError>;
export type Recording = Static<typeof Recording>;
export type CollectionRequestedData = Static<typeof CollectionRequested>;
