import { Type } from '@sinclair/typebox';
import { State } from '../../../book/collection-state.ts';
import { Circumstances, Jvm } from '../../../events/data/circumstances.ts';
import { Recording, Uploaded } from '../../../events/data/collection.ts';
import { EventError } from '../../../events/data/error.ts';
import { Plan } from '../../../events/data/plan.ts';
import { next } from '../../../http/query.ts';
import { NewEvent, nullable, refTo, sequence, StoredEvent, time } from '../../../http/schemas/common.ts';

const item = {
  id: Type.String({ description: '32 hex digits.' }),
  state: State,
  kubeContext: Type.String(),
  namespace: Type.String(),
  pod: Type.String(),
  alertname: Type.Optional(
    Type.String({ description: 'Label alertname of the alert that it was requested for.' }),
  ),
  requestedAt: time('when it was requested'),
  endedAt: Type.Optional(time('when it was uploaded, failed or was cancelled')),
  simulated: Type.Optional(
    Type.Literal(true, { description: 'The recording is a sample and not one of the pod.' }),
  ),
  error: Type.Optional(
    Type.Object(
      {
        stage: Type.Union([Type.Literal('collect'), Type.Literal('upload')]),
        code: Type.String({ description: 'For programs.' }),
        message: Type.String({ description: 'For people; its first 200 characters.' }),
      },
      {
        description: 'The last failure of its run, until that stage succeeds: also while it is tried again.',
      },
    ),
  ),
  bytes: Type.Optional(Type.Integer({ description: 'Size of the recording, once there is one.' })),
  durationSeconds: Type.Number({ description: 'Seconds of recording, as planned.' }),
  collector: Type.String({ description: 'Name of the collector.' }),
  rule: Type.String({ description: 'Name of the row of `collections` that it was requested by.' }),
  run: Type.Integer({ description: '1, and one more with each redrive.' }),
  attempts: Type.Integer({ description: 'Begun in this run at its present stage, collect or upload.' }),
  firstSequence: sequence('Stream sequence of its CollectionRequested.'),
  lastSequence: sequence('Stream sequence of its last event so far.'),
};

export const CollectionItem = Type.Object(item, { $id: 'CollectionItem' });

export const CollectionPage = Type.Object(
  {
    items: Type.Array(refTo(CollectionItem), { description: 'Newest first.' }),
    next,
    asOf: sequence(
      'Sequence of the stream up to which this is right: `after` of an event feed that goes on from here.',
    ),
  },
  { $id: 'CollectionPage' },
);

const Attempt = Type.Object({
  stage: Type.Union([Type.Literal('collect'), Type.Literal('upload')]),
  run: Type.Integer({ description: 'Counts redrives from 1.' }),
  attempt: Type.Integer({ description: 'Counts from 1 within the run and stage.' }),
  startedAt: Type.Optional(time('absent for uploads')),
  argv: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'The command line of the recording as far as it is known, secrets masked: argv of JfrCollected, else of CollectionAttemptStarted.',
    }),
  ),
  endedAt: Type.Optional(time('absent while it runs')),
  result: Type.Optional(Type.Union([Type.Literal('success'), Type.Literal('failure')])),
  error: Type.Optional(EventError),
  retryAt: Type.Optional(time('the next attempt is not before this')),
});

export const Collection = Type.Object(
  {
    ...item,
    sts: Type.Optional(Type.String({ description: 'The StatefulSet, where the alert named it.' })),
    plan: Type.Optional(Plan),
    attempts: Type.Array(Attempt),
    alerts: Type.Array(Type.String(), {
      description: 'Ids of the alerts that it answers, its trigger first.',
    }),
    recording: Type.Optional(Recording),
    jvm: Type.Optional(Jvm),
    url: Type.Optional(
      Type.String({ description: 'Where the recording is: s3://BUCKET/KEY or object-store://BUCKET/NAME.' }),
    ),
    artefacts: Uploaded.properties.artefacts,
    stagedArtefacts: Circumstances.properties.artefacts,
    notes: Uploaded.properties.notes,
    events: Type.Array(refTo(StoredEvent), { description: 'All of them, in order.' }),
  },
  { $id: 'Collection', description: 'A collection in full, told by its events.' },
);

const work = {
  collectionId: Type.String(),
  run: Type.Integer(),
  attempts: Type.Integer({ description: 'That have begun.' }),
  lastErrorCode: nullable(Type.String()),
  retryAt: nullable(time('the next attempt is not before this')),
};

export const PodState = Type.Object(
  {
    value: Type.Union([Type.Literal('idle'), Type.Literal('collecting')], {
      description: 'State of the machine.',
    }),
    current: nullable(
      Type.Object({
        ...work,
        maxAttempts: Type.Integer(),
        alerts: Type.Integer({ description: 'Alerts that it answers.' }),
        attempt: nullable(Type.Integer({ description: 'The attempt under way.' })),
      }),
    ),
    uploads: Type.Array(
      Type.Object({ ...work, state: Type.String({ description: 'staged, uploading or failed.' }) }),
    ),
    failed: Type.Array(Type.Object({ ...work, stage: Type.String({ description: 'collect or upload.' }) }), {
      description: 'The last few that can be redriven.',
    }),
    cooldown: nullable(Type.Object({ until: time('its end'), afterCollectionId: Type.String() })),
    lastOutcome: nullable(
      Type.Object({
        ...{ collectionId: Type.String(), run: Type.Integer() },
        state: Type.Union([Type.Literal('uploaded'), Type.Literal('failed')]),
        at: time('when it ended'),
      }),
    ),
  },
  { $id: 'PodState', description: 'What a pod is doing, in short.' },
);

export const Replay = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        sequence: sequence('Stream sequence.'),
        storedAt: time('when the stream took it'),
        time: time('when it happened'),
        subject: Type.String(),
        type: Type.Optional(Type.String({ description: 'Type of the event; absent for what is none.' })),
        id: Type.Optional(Type.String()),
        data: Type.Optional(Type.Unknown({ description: 'As in StoredEvent.' })),
        unreadable: Type.Optional(Type.String({ description: 'Why the message is no event.' })),
        changed: Type.Boolean({ description: 'False: the machine of the pod passed over it.' }),
        effects: Type.Array(Type.String(), {
          description: 'What the service did because of it: collect, upload.',
        }),
        before: refTo(PodState),
        after: refTo(PodState),
      }),
    ),
    cut: Type.Boolean({ description: 'True: there are more events than the 500 told here.' }),
  },
  { $id: 'Replay', description: "Every event of the collection's pod from its request to its last event." },
);

export const Started = Type.Object(
  {
    outcome: Type.Union([Type.Literal('started'), Type.Literal('attached')], {
      description:
        'attached: the pod is being recorded already, and that recording answers this request, too.',
    }),
    collectionId: Type.String(),
    event: refTo(NewEvent),
  },
  { $id: 'Started' },
);

export const Acted = Type.Object({ collectionId: Type.String(), event: refTo(NewEvent) }, { $id: 'Acted' });

export const Redriven = Type.Object(
  {
    matched: Type.Integer({ description: 'Collections that the filter means.' }),
    redriven: Type.Array(
      Type.Object({
        collectionId: Type.String(),
        run: Type.Integer({ description: 'The run that has begun.' }),
      }),
    ),
    refused: Type.Array(
      Type.Object({ collectionId: Type.String(), reason: Type.String({ description: 'For people.' }) }),
    ),
    more: Type.Integer({ description: 'So many were not tried: ask again.' }),
  },
  { $id: 'Redriven', description: 'What became of each, the oldest first.' },
);
