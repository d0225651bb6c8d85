import { Type } from '@sinclair/typebox';
import { Option } from 'commander';
import { collectionStates } from '../../book/collection-state.ts';
import { podName } from '../../collection/explain/words.ts';
import { podFilter, podFilters, timeFilters, wordsFilter } from './filters.ts';
import { listCommand } from './list.ts';
import { ageOf, colourOfState } from './words.ts';

const Item = Type.Object({
  ...{ id: Type.String(), state: Type.String(), kubeContext: Type.String(), namespace: Type.String() },
  ...{ pod: Type.String(), alertname: Type.Optional(Type.String()), requestedAt: Type.String() },
  simulated: Type.Optional(Type.Boolean()),
  error: Type.Optional(Type.Object({ stage: Type.String(), code: Type.String(), message: Type.String() })),
});

export const collectionsCommand = listCommand({
  name: 'collections',
  description: 'list recordings, newest first: asked for, under way, made or failed',
  path: '/api/v1/collections',
  item: Item,
  columns: [
    { title: 'ID', text: ({ id }) => id },
    { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
    { title: 'AGE', text: (item) => ageOf(item.requestedAt), exact: (item) => item.requestedAt },
    { title: 'POD', text: podName, least: 16, keep: 'end' },
    { title: 'ALERT', text: ({ alertname = '' }) => alertname, least: 10 },
    {
      ...{ title: 'ERROR', least: 10 },
      text: ({ error, simulated }) =>
        error ? `${error.stage}: ${error.code}: ${error.message}` : simulated ? '(simulated)' : '',
      colour: ({ error }) => (error ? 'red' : 'dim'),
    },
  ],
  filters: [
    wordsFilter('--state <state>', 'in this state', collectionStates),
    new Option('--error-code <code>', 'whose last failure has this code'),
    ...podFilters(),
    podFilter(),
    new Option('--alertname <name>', 'asked for by an alert of this name'),
    new Option('--collector <name>', 'recorded by this collector'),
    new Option('--rule <name>', 'by this row of the configuration'),
    new Option('--prefix <text>', 'whose pod, namespace, alert name or id begins so'),
    ...timeFilters('asked for'),
  ],
});
