import { Type } from '@sinclair/typebox';
import { Option } from 'commander';
import { outcomeKinds } from '../../alerts/kinds.ts';
import { podFilter, podFilters, timeFilters, wordOption, wordsFilter } from './filters.ts';
import { listCommand } from './list.ts';
import { ageOf, colourOfState } from './words.ts';

const optional = Type.Optional(Type.String());
const Item = Type.Object({
  ...{ id: Type.String(), storedAt: Type.String(), status: Type.String(), fingerprint: Type.String() },
  alertname: Type.Union([Type.String(), Type.Null()]),
  ...{ kubeContext: optional, namespace: optional, pod: optional, sts: optional },
  outcome: Type.Optional(
    Type.Object({ decision: Type.String(), collectionId: optional, state: optional, reason: optional }),
  ),
});

const decisions: Partial<Record<string, string>> = {
  CollectionRequested: 'requested',
  AlertAttached: 'attached',
  CollectionSuppressed: 'suppressed',
  AlertDeclined: 'declined',
  TargetsRequested: 'searching',
  TargetsFound: 'pods found',
};

export const alertsCommand = listCommand({
  name: 'alerts',
  description: 'list alerts, newest first, and what they led to',
  path: '/api/v1/alerts',
  item: Item,
  columns: [
    { title: 'FINGERPRINT', text: ({ fingerprint }) => fingerprint },
    { title: 'STATUS', text: ({ status }) => status },
    { title: 'AGE', text: (item) => ageOf(item.storedAt), exact: (item) => item.storedAt },
    { title: 'ALERT', text: ({ alertname }) => alertname ?? '', least: 12 },
    {
      ...{ title: 'POD', least: 12, keep: 'end' },
      text: ({ kubeContext, namespace, pod, sts }) =>
        [kubeContext, namespace, pod ?? sts].flatMap((part) => part ?? []).join('/'),
    },
    {
      ...{ title: 'OUTCOME', least: 9 },
      text: ({ outcome }) =>
        [decisions[outcome?.decision ?? ''] ?? outcome?.decision, outcome?.state, outcome?.reason]
          .flatMap((part) => part ?? [])
          .join(', '),
      colour: ({ outcome }) => colourOfState(outcome?.state ?? ''),
    },
    { title: 'ID', text: ({ id }) => id, spare: true },
  ],
  filters: [
    new Option('--alertname <name>', 'of this name'),
    new Option('--fingerprint <hex>', 'with this fingerprint'),
    wordOption('--status <status>', 'firing or resolved', ['firing', 'resolved']),
    wordsFilter('--outcome <outcome>', 'firing, and came to this', outcomeKinds),
    ...podFilters(),
    podFilter(),
    new Option('--prefix <text>', 'whose name, fingerprint or pod begins so'),
    ...timeFilters('stored'),
  ],
});
