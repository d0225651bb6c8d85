import type { TSchema } from '@sinclair/typebox';
import * as data from '../data/targets.ts';
import { decidedIdOf } from '../ids.ts';
import { type StatefulSet, targetsSubject } from '../subjects.ts';
import { define, encoded, type Family, type Row } from './row.ts';

const family: Family<'targets'> = {
  name: 'targets',
  tokens: {
    kube_context: { description: `Label kube_context: the cluster of the StatefulSet, ${encoded}.` },
    namespace: { description: `Label namespace, ${encoded}.` },
    sts: { description: `Label sts: the StatefulSet, ${encoded}.` },
  },
};

/** The search for the pods of a StatefulSet. */
export const targetsRows = {
  TargetsRequested: once('TargetsRequested', data.TargetsRequested, ['intake']),
  TargetsAttemptFailed: define({
    ...{ family, parts: ['collect'], data: data.TargetsAttemptFailed },
    subject: (event) => targetsSubject(event, 'TargetsAttemptFailed'),
    id: ({ searchId, attempt }) => decidedIdOf(`${searchId}/${String(attempt)}`, 'TargetsAttemptFailed'),
  }),
  TargetsFound: once('TargetsFound', data.TargetsFound, ['collect']),
  TargetsNotFound: once('TargetsNotFound', data.TargetsNotFound, ['collect']),
} as const;

/** Once in a search. */
function once<Schema extends TSchema & { static: StatefulSet & { searchId: string } }>(
  type: string,
  schema: Schema,
  parts: Row['parts'],
) {
  return define({
    ...{ family, parts, data: schema },
    subject: (event) => targetsSubject(event, type),
    id: ({ searchId }) => decidedIdOf(searchId, type),
  });
}
