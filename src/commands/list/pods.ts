import { Type } from '@sinclair/typebox';
import { Option } from 'commander';
import { podName } from '../../collection/explain/words.ts';
import { podFilters } from './filters.ts';
import { listCommand } from './list.ts';
import { ageOf, colourOfState } from './words.ts';

const optional = Type.Optional(Type.String());
const Item = Type.Object({
  ...{ kubeContext: Type.String(), namespace: Type.String(), pod: Type.String(), state: Type.String() },
  collections: Type.Record(Type.String(), Type.Integer()),
  last: Type.Optional(
    Type.Object({
      ...{ id: Type.String(), state: Type.String(), requestedAt: Type.String() },
      ...{ alertname: optional, endedAt: optional },
      error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
    }),
  ),
  cooldownUntil: optional,
});

export const podsCommand = listCommand({
  name: 'pods',
  description: 'list pods, last active first, and what was recorded of them',
  path: '/api/v1/pods',
  item: Item,
  columns: [
    { title: 'POD', text: podName, least: 20, keep: 'end' },
    { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
    {
      title: 'LAST',
      text: ({ last }) => last?.state ?? '',
      colour: ({ last }) => colourOfState(last?.state ?? ''),
    },
    {
      title: 'AGE',
      text: ({ last }) => ageOf(last?.endedAt ?? last?.requestedAt),
      exact: ({ last }) => last?.endedAt ?? last?.requestedAt ?? '',
    },
    {
      ...{ title: 'COLLECTIONS', least: 11 },
      text: ({ collections }) =>
        Object.entries(collections)
          .filter(([, count]) => count > 0)
          .map(([state, count]) => `${String(count)} ${state}`)
          .join(', '),
    },
    { title: 'ALERT', text: ({ last }) => last?.alertname ?? '', least: 10 },
    {
      ...{ title: 'ERROR', least: 10 },
      text: ({ last }) => (last?.error ? `${last.error.code}: ${last.error.message}` : ''),
      colour: () => 'red',
    },
  ],
  filters: [...podFilters(), new Option('--prefix <text>', 'whose name begins so')],
});
