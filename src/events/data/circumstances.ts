import { type Static, Type } from '@sinclair/typebox';
import { count, time } from './fields.ts';

// What collection events say of a recording besides itself.

export const Jvm = Type.Object(
  {
    podUid: Type.String({ description: 'UID of the pod: another one after it was deleted and made again.' }),
    container: Type.String({ description: 'Name of its container.' }),
    restartCount: count('Of the container: how often Kubernetes had restarted it.'),
    jvmStartedAt: time('when the JVM started, by its own uptime'),
    afterRestart: Type.Optional(
      Type.Boolean({
        description:
          'True: the JVM is not the one that was in trouble. It started after the alert, or shortly before it by a restart of the container.',
      }),
    ),
  },
  { description: 'The JVM that was recorded, where the collector knows it.' },
);

const artefact = {
  kind: Type.String({
    description:
      'previous-log, crash-log (hs_err), crash-recording (an emergency dump of JFR), heap-dump; more may come.',
  }),
  name: Type.String({ description: 'Of the file in the pod, without its directory.' }),
  bytes: count('Size of the file.'),
  sha256: Type.String({ description: 'Of the file, in hex.' }),
};
const notes = Type.Optional(
  Type.Array(Type.String(), {
    description: 'What else was there and could not be kept, and why, for people.',
  }),
);

/** What is known and kept beside a recording. */
export const Circumstances = Type.Object({
  jvm: Type.Optional(Jvm),
  artefacts: Type.Optional(
    Type.Array(
      Type.Object({
        ...artefact,
        stagedName: Type.String({
          description: 'Its name in the bucket ALERT_WATCHER_STAGING, until it is uploaded.',
        }),
      }),
      { description: 'What a crashed JVM left, taken along with the recording of its successor.' },
    ),
  ),
  notes,
});

/** The same at its destination. */
export const beside = {
  artefacts: Type.Optional(
    Type.Array(Type.Object({ ...artefact, url: Type.String({ description: 'As that of the recording.' }) }), {
      description: 'What lies beside the recording.',
    }),
  ),
  notes,
};

export type Jvm = Static<typeof Jvm>;
export type Circumstances = Static<typeof Circumstances>;
export type Artefact = NonNullable<Circumstances['artefacts']>[number];
export type UploadedArtefact = Static<NonNullable<typeof beside.artefacts>>[number];
