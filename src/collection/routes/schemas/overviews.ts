import { Type } from '@sinclair/typebox';
import { collectionStates, State } from '../../../book/collection-state.ts';
import { next } from '../../../http/query.ts';
import { sequence, time } from '../../../http/schemas/common.ts';
import { CollectionItem } from './collections.ts';

const asOf = sequence(
  'Sequence of the stream up to which this is right: `after` of an event feed that goes on from here.',
);

export const CollectionCounts = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        value: Type.String({ description: 'The value; of a pod, kube_context/namespace/pod.' }),
        count: Type.Integer({ description: 'Collections that have it.' }),
        newestAt: time('when the newest of them was requested'),
        pods: Type.Integer({ description: 'How many pods they are of.' }),
        stage: Type.Optional(
          Type.Union([Type.Literal('collect'), Type.Literal('upload')], {
            description: 'Only by errorCode: the stage that the newest of them failed at.',
          }),
        ),
        message: Type.Optional(
          Type.String({ description: 'Only by errorCode: what the newest of them failed with, in words.' }),
        ),
      }),
      { description: 'Most first.' },
    ),
    total: Type.Integer({ description: 'Collections that the filter means, also without such a value.' }),
    more: Type.Optional(Type.Integer({ description: 'So many values were left out.' })),
    asOf,
  },
  { $id: 'CollectionCounts' },
);

const { id, alertname, requestedAt, endedAt, error } = CollectionItem.properties;

export const PodItem = Type.Object(
  {
    kubeContext: Type.String(),
    namespace: Type.String(),
    pod: Type.String(),
    state: Type.Union(
      (['idle', 'collecting', 'uploading'] as const).map((each) => Type.Literal(each)),
      { description: 'collecting: a recording is requested or made. uploading: none is, and one is on its way.' }, // prettier-ignore
    ),
    collections: Type.Object(Object.fromEntries(collectionStates.map((state) => [state, Type.Integer()])), {
      description: 'Collections of the pod, by state.',
    }),
    last: Type.Object(
      { id, state: State, alertname, requestedAt, endedAt, error },
      { description: 'The collection that was requested last.' },
    ),
    cooldownUntil: Type.Optional(time('the end of its cooldown, while it lasts')),
  },
  { $id: 'PodItem', description: 'A pod that was recorded, or was to be.' },
);

export const PodPage = Type.Object(
  {
    items: Type.Array(PodItem, { description: 'Last active first.' }),
    next,
    asOf,
  },
  { $id: 'PodPage' },
);
