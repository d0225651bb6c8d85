import type { TSchema } from '@sinclair/typebox';
import * as data from '../data/collection.ts';
import { collectionEventIdOf, decidedIdOf } from '../ids.ts';
import { collectionSubject, type Pod } from '../subjects.ts';
import { define, encoded, type Family, type Row } from './row.ts';

const family: Family<'collection'> = {
  name: 'collection',
  tokens: {
    kube_context: { description: `Label kube_context: the cluster of the pod, ${encoded}.` },
    namespace: { description: `Label namespace, ${encoded}.` },
    pod: { description: `Label pod, ${encoded}.` },
  },
};

/** The life of the collections of one pod. */
export const collectionRows = {
  CollectionRequested: decided('CollectionRequested', data.CollectionRequested, ['intake', 'api']),
  AlertAttached: decided('AlertAttached', data.AlertAttached, ['intake', 'api']),
  CollectionSuppressed: decided('CollectionSuppressed', data.CollectionSuppressed, ['intake']),
  CooldownElapsed: {
    ...decided('CooldownElapsed', data.CooldownElapsed, ['intake']),
    timer: 'replaced',
  },
  CollectionAttemptStarted: inAttempt('CollectionAttemptStarted', data.CollectionAttemptStarted, ['collect']),
  CollectionAttemptFailed: inAttempt('CollectionAttemptFailed', data.CollectionAttemptFailed, ['collect']),
  JfrCollected: inAttempt('JfrCollected', data.JfrCollected, ['collect']),
  UploadAttemptFailed: inAttempt('UploadAttemptFailed', data.UploadAttemptFailed, ['upload']),
  Uploaded: inAttempt('Uploaded', data.Uploaded, ['upload']),
  CollectionFailed: define({
    ...{ family, parts: ['collect', 'upload', 'cancel'], data: data.CollectionFailed },
    subject: (event) => collectionSubject(event, 'CollectionFailed'),
    id: ({ collectionId, run, attempts }) =>
      collectionEventIdOf(collectionId, run, attempts, 'CollectionFailed'),
  }),
  CollectionRedriven: define({
    ...{ family, parts: ['redrive'], data: data.CollectionRedriven },
    subject: (event) => collectionSubject(event, 'CollectionRedriven'),
    id: ({ collectionId, run }) => collectionEventIdOf(collectionId, run, 0, 'CollectionRedriven'),
  }),
} as const;

type Parts = Row['parts'];

function decided<Schema extends TSchema & { static: Pod }>(type: string, schema: Schema, parts: Parts) {
  return define({
    ...{ family, parts, data: schema },
    subject: (event) => collectionSubject(event, type),
    id: (_event, causeId) => decidedIdOf(causeId, type),
  });
}

function inAttempt<
  Schema extends TSchema & { static: Pod & { collectionId: string; run: number; attempt: number } },
>(type: string, schema: Schema, parts: Parts) {
  return define({
    ...{ family, parts, data: schema },
    subject: (event) => collectionSubject(event, type),
    id: ({ collectionId, run, attempt }) => collectionEventIdOf(collectionId, run, attempt, type),
  });
}
