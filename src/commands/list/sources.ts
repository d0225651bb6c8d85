import { Type } from '@sinclair/typebox';
import { listCommand } from './list.ts';
import { ageOf } from './words.ts';

const optional = Type.Optional(Type.String());
const Item = Type.Object({
  ...{ name: Type.String(), format: Type.String(), paths: Type.Array(Type.String()), auth: Type.String() },
  ...{ lastAlertAt: optional, lastHeardAt: optional, silentSince: optional },
});

export const sourcesCommand = listCommand({
  name: 'sources',
  description: 'list who may send alerts, where, and when they last did',
  path: '/api/v1/sources',
  item: Item,
  columns: [
    { title: 'NAME', text: ({ name }) => name },
    { title: 'FORMAT', text: ({ format }) => format },
    { title: 'PATHS', text: ({ paths }) => paths.join(' '), least: 16 },
    { title: 'AUTH', text: ({ auth }) => auth },
    {
      title: 'LAST ALERT',
      text: (item) => ageOf(item.lastAlertAt),
      exact: ({ lastAlertAt = '' }) => lastAlertAt,
    },
    {
      title: 'SILENT FOR',
      text: (item) => ageOf(item.silentSince),
      exact: ({ silentSince = '' }) => silentSince,
      colour: () => 'red',
    },
  ],
  filters: [],
  isShort: true,
});
