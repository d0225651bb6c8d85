import { type Static, Type } from '@sinclair/typebox';

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

export const Targets = Type.Object(
  {
    statefulSet: Type.Union([Type.Literal('all'), Type.Literal('one')], {
      description: 'Every pod of the StatefulSet that the alert names, or one of them.',
    }),
    max: Type.Integer({ minimum: 1, maximum: 100, description: 'So many pods at most.' }),
    replicas: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description:
          'The pods are `<sts>-0` and so on, so many: nobody is asked. Absent: the collector finds them.',
      }),
    ),
  },
  { description: 'Which pods an alert stands for that names a StatefulSet and no pod.' },
);

export const Plan = Type.Object(
  {
    rule: Type.String({ description: 'The policy row that matched.' }),
    collector: Type.String({ description: 'The name of the collector in the configuration.' }),
    labels: Type.Optional(
      Type.Object(
        {
          required: Type.Array(Type.String(), {
            description: 'Without one of these an alert is declined: they are in the command line.',
          }),
          optional: Type.Array(Type.String(), {
            description: 'It is given these where the alert has them.',
          }),
        },
        { description: 'Names of the labels that the collector is given. Absent: none.' },
      ),
    ),
    durationSeconds: Type.Number({ description: 'Of the recording.' }),
    timeoutSeconds: Type.Number({ description: 'Of one attempt.' }),
    maxAttempts: Type.Integer({ minimum: 1, description: 'To collect, within a run.' }),
    backoff: Backoff,
    retry: Type.Optional(
      Type.Array(
        Type.Object({
          code: Type.String({ description: 'Code of the error that an attempt failed with.' }),
          maxAttempts: Type.Optional(
            Type.Integer({
              minimum: 1,
              description:
                'After so many failures with this code in a run there is no other attempt. Absent: only the maxAttempts of the plan counts.',
            }),
          ),
          backoff: Type.Optional(
            Type.Object(Backoff.properties, {
              description:
                'The wait after such a failure; it grows with each of them in the run. Absent: the backoff of the plan.',
            }),
          ),
        }),
        { description: 'What holds after failures of single codes. Each code is there once.' },
      ),
    ),
    cooldownSeconds: Type.Number({
      description: 'How long new alerts of the pod wait, from JfrCollected on.',
    }),
    cooldownBy: Type.Optional(
      Type.Union([Type.Literal('pod'), Type.Literal('row')], {
        description:
          'Whose recordings of the pod begin the cooldown that alerts of this row wait for: those of any row, or those of this row. Absent: pod.',
      }),
    ),
    retryOnRepeat: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'So many more collections repeats of an alert may lead to after its collection failed. Absent: 0.',
      }),
    ),
    uploadDeadlineSeconds: Type.Number({ description: 'How long an upload is tried.' }),
    destination: Destination,
    targets: Type.Optional(Targets),
  },
  { description: 'What the policy answered when the collection was requested. Replays use this.' },
);

export type Plan = Static<typeof Plan>;
export type Targets = Static<typeof Targets>;
export type Backoff = Static<typeof Backoff>;
export type Destination = Static<typeof Destination>;
