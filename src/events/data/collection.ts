import { type Static, type TProperties, Type } from '@sinclair/typebox';
import { beside, Circumstances } from './circumstances.ts';
import { EventError } from './error.ts';
import { argv, count, labels, time } from './fields.ts';
import { Plan } from './plan.ts';

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
  searchId: Type.Optional(
    Type.String({
      description:
        'The search that found the pod (TargetsFound), where the alert names a StatefulSet and no pod.',
    }),
  ),
};

const byHand = (description: string) =>
  Type.Object(
    {
      by: Type.String({ description: 'Who asked for it.' }),
      reason: Type.String({ description: 'Why, in the words of who asked.' }),
    },
    { description: `${description}.` },
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

export const Trigger = Type.Object(
  {
    ...alertRef,
    severity: Type.Optional(Type.String({ description: 'Label severity, where the alert has one.' })),
    container: Type.Optional(Type.String({ description: 'Label container, where the alert has one.' })),
    labels: Type.Optional(
      labels('What its collector is given of the labels of the alert: those that the plan names.'),
    ),
    repeat: Type.Optional(
      count('How often a repeat of this alert has led to a collection before; absent: never.'),
    ),
    dueAt: Type.Optional(
      time(
        'since when it could be asked for, by the clock of NATS: the alert was stored, or the cooldown that it waited for ended; absent: by hand',
      ),
    ),
    byHand: Type.Optional(byHand('Somebody asked for it; the alert is the one that this was kept as')),
  },
  { description: 'The alert that it was requested for.' },
);

export const CollectionRequested = collectionEvent(
  { trigger: Trigger, plan: Plan },
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
    argv: Type.Optional(
      argv(
        'The command line that the collector begins with; that of a command is all that it runs. Absent: it runs no program.',
      ),
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
  {
    run,
    attempt,
    recording: Recording,
    ...Circumstances.properties,
    argv: Type.Optional(
      argv(
        'The command line that started the recording, where it was not known before: that of jcmd and kubectl.',
      ),
    ),
    tookMs,
  },
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

export type Recording = Static<typeof Recording>;
export type CollectionRequestedData = Static<typeof CollectionRequested>;
